#include "services/order-recovery/adapters/recovery_api.hpp"

#include <algorithm>

#include "services/order-recovery/adapters/codec.hpp"

namespace souk::recovery {
namespace {

constexpr std::size_t kNoteMax = 500;

Result<Uuid> ParseId(const std::string& text) {
  const auto id = Uuid::Parse(text);
  if (!id) return MalformedField("order_id", "must be a UUID");
  return *id;
}

Result<void> CheckWho(const std::string& who) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '@';
  };
  if (!who.empty() && who.size() <= 64 && std::all_of(who.begin(), who.end(), fits)) return {};
  return InvalidArgument("who", "must be 1 to 64 characters of A-Z a-z 0-9 . _ @ -: the operator");
}

Result<void> CheckNote(const std::string& note, bool required) {
  const bool controls = std::any_of(note.begin(), note.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (note.size() > kNoteMax || controls) return InvalidArgument("note", "must be at most 500 characters of one line");
  if (required && note.empty()) return InvalidArgument("note", "is required: why this is decided");
  return {};
}

template <class Proto>
Result<Request> CheckRequest(const rpc::Call& call, const Proto& request, bool note_required) {
  SOUK_ASSIGN_OR_RETURN(const Uuid id, ParseId(request.order_id()));
  SOUK_RETURN_IF_ERROR(CheckWho(request.who()));
  SOUK_RETURN_IF_ERROR(CheckNote(request.note(), note_required));
  const std::string& key = call.context.idempotency_key.empty() ? request.request_id() : call.context.idempotency_key;
  if (key.empty() || key.size() > 255) return MalformedField("request_id", "is required: the idempotency key of this call, 1 to 255 characters");
  return Request{id, request.who(), request.note(), key};
}

Result<WatchFilter> ToFilter(const std::string& name, const ApiParts& parts) {
  WatchFilter filter;
  filter.overdue_before = parts.clock.Now() - parts.policy.grace;
  if (name.empty() || name == "stuck") return filter;
  if (name == "quarantined") filter.kind = WatchFilter::Kind::kQuarantined;
  else if (name == "resolved") filter.kind = WatchFilter::Kind::kResolved;
  else if (name == "all") filter.kind = WatchFilter::Kind::kOpen;
  else return InvalidArgument("filter", "must be stuck, quarantined, resolved or all");
  return filter;
}

Result<v1::ListStuckResponse> ListStuck(const ApiParts& parts, const v1::ListStuckRequest& request) {
  SOUK_ASSIGN_OR_RETURN(const WatchFilter filter, ToFilter(request.filter(), parts));
  const int size = request.page().page_size() == 0 ? 50 : request.page().page_size();
  if (size < 1 || size > 200) return MalformedField("page.page_size", "must be 1 to 200, or 0 for 50");
  Uuid after;
  if (!request.page().page_token().empty()) {
    const auto token = Uuid::Parse(request.page().page_token());
    if (!token) return MalformedField("page.page_token", "is not a token of this list");
    after = *token;
  }
  SOUK_ASSIGN_OR_RETURN(const std::vector<Watched> list, parts.store.List(filter, after, size + 1));
  v1::ListStuckResponse response;
  const std::size_t shown = std::min(list.size(), static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < shown; ++i) *response.add_orders() = ToProto(list[i]);
  if (list.size() > shown) response.mutable_page()->set_next_page_token(list[shown - 1].order_id.ToString());
  return response;
}

Result<v1::ExplainResponse> ExplainOrder(const ApiParts& parts, const v1::ExplainRequest& request) {
  SOUK_ASSIGN_OR_RETURN(const Uuid id, ParseId(request.order_id()));
  SOUK_ASSIGN_OR_RETURN(const Explained explained, parts.actions.Explain(id));
  v1::ExplainResponse response;
  *response.mutable_order() = ToProto(explained.order);
  response.set_explanation(explained.explanation);
  for (const Decision& decision : explained.decisions) *response.add_decisions() = ToProto(decision);
  return response;
}

template <class Response>
Result<Response> ToResponse(const Result<Decided>& decided) {
  if (!decided.ok()) return decided.error();
  Response response;
  *response.mutable_order() = ToProto(decided->order);
  response.set_outcome(decided->outcome);
  return response;
}

Result<v1::RetryResponse> Retry(const ApiParts& parts, const rpc::Call& call, const v1::RetryRequest& request) {
  SOUK_ASSIGN_OR_RETURN(const Request checked, CheckRequest(call, request, false));
  return ToResponse<v1::RetryResponse>(parts.actions.Retry(checked));
}

Result<v1::ResolveResponse> Resolve(const ApiParts& parts, const rpc::Call& call, const v1::ResolveRequest& request) {
  SOUK_ASSIGN_OR_RETURN(const Request checked, CheckRequest(call, request, true));
  switch (request.resolution()) {
    case v1::RESOLUTION_CANCEL: return ToResponse<v1::ResolveResponse>(parts.actions.Cancel(checked));
    case v1::RESOLUTION_MARK_RESOLVED: return ToResponse<v1::ResolveResponse>(parts.actions.MarkResolved(checked));
    default: return InvalidArgument("resolution", "must be RESOLUTION_CANCEL or RESOLUTION_MARK_RESOLVED");
  }
}

template <class Req, class Resp, class Run>
void Add(rpc::MethodTable& table, const char* name, chassis::ThreadPool& workers, Run run) {
  table.AddUnary<Req, Resp>(std::string("souk.recovery.v1.RecoveryService/") + name,
                            [&workers, run](rpc::CallPtr call, std::shared_ptr<Req> request, std::function<void(Result<Resp>)> done) {
                              const Result<void> posted = workers.Post([call, request, done, run] { done(run(*call, *request)); });
                              if (!posted.ok()) done(posted.error());
                            });
}

}  // namespace

void AddMethods(rpc::MethodTable& table, const ApiParts& parts) {
  Add<v1::ListStuckRequest, v1::ListStuckResponse>(table, "ListStuck", parts.workers,
                                                    [parts](const rpc::Call&, const auto& request) { return ListStuck(parts, request); });
  Add<v1::ExplainRequest, v1::ExplainResponse>(table, "Explain", parts.workers,
                                                [parts](const rpc::Call&, const auto& request) { return ExplainOrder(parts, request); });
  Add<v1::RetryRequest, v1::RetryResponse>(table, "Retry", parts.workers,
                                            [parts](const rpc::Call& call, const auto& request) { return Retry(parts, call, request); });
  Add<v1::ResolveRequest, v1::ResolveResponse>(table, "Resolve", parts.workers,
                                                [parts](const rpc::Call& call, const auto& request) { return Resolve(parts, call, request); });
}

}  // namespace souk::recovery
