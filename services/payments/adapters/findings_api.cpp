// Reconciliation as operators see it.
#include "services/payments/adapters/api.hpp"
#include "services/payments/adapters/codec.hpp"

namespace souk::payments {
namespace {

using rpc::CallPtr;
template <class Resp>
using Done = std::function<void(Result<Resp>)>;

constexpr std::chrono::milliseconds kAnswerMargin{150};
constexpr int kFindingsMax = 500;
constexpr std::size_t kWhoMax = 64;
constexpr std::size_t kNoteMax = 500;

Result<SystemTime> SinceOf(const wire::ReconcileRequest& request) {
  if (!request.has_since()) return SystemTime{};
  const std::int64_t seconds = request.since().seconds();
  if (seconds < 0 || seconds > 253'402'300'799) return InvalidArgument("since", "must be a time from 1970 to 9999");
  return FromUnixMicros(seconds * 1'000'000 + request.since().nanos() / 1000);
}

Result<wire::AcceptFindingResponse> Accept(FindingStore& findings, const wire::AcceptFindingRequest& request) {
  const auto id = Uuid::Parse(request.finding_id());
  if (!id) return MalformedField("finding_id", "must be a UUID");
  if (request.who().empty() || request.who().size() > kWhoMax) return InvalidArgument("who", "is required: the operator, 1 to 64 characters");
  if (request.note().empty() || request.note().size() > kNoteMax) return InvalidArgument("note", "is required: why, 1 to 500 characters");
  SOUK_ASSIGN_OR_RETURN(const Finding finding, findings.Accept(*id, request.who(), request.note()));
  wire::AcceptFindingResponse response;
  ToWire(finding, response.mutable_finding());
  return response;
}

/// Answers with what `work` finds, off the network threads.
template <class Resp, class Run>
void Later(const ApiParts& parts, Done<Resp> done, Run run) {
  const auto posted = parts.post([done, run] { done(run()); });
  if (!posted.ok()) done(posted.error());
}

}  // namespace

void AddFindings(rpc::MethodTable& table, const ApiParts& parts) {
  table.AddUnary<wire::ReconcileRequest, wire::ReconcileResponse>(
      "souk.payments.v1.PaymentsService/Reconcile", [parts](CallPtr call, auto request, Done<wire::ReconcileResponse> done) {
        const auto since = SinceOf(*request);
        if (!since.ok()) return done(since.error());
        Later<wire::ReconcileResponse>(parts, done, [&job = parts.reconcile, call, since = *since]() -> Result<wire::ReconcileResponse> {
          SOUK_ASSIGN_OR_RETURN(const Reconciliation result, job.Run(since, call->context.deadline - kAnswerMargin));
          wire::ReconcileResponse response;
          ToWire(result, &response);
          return response;
        });
      });
  table.AddUnary<wire::ListFindingsRequest, wire::ListFindingsResponse>(
      "souk.payments.v1.PaymentsService/ListFindings", [parts](CallPtr, auto request, Done<wire::ListFindingsResponse> done) {
        Later<wire::ListFindingsResponse>(parts, done, [&findings = parts.findings, all = request->all()]() -> Result<wire::ListFindingsResponse> {
          SOUK_ASSIGN_OR_RETURN(const std::vector<Finding> list, findings.List(all, kFindingsMax));
          wire::ListFindingsResponse response;
          for (const Finding& finding : list) ToWire(finding, response.add_findings());
          return response;
        });
      });
  table.AddUnary<wire::AcceptFindingRequest, wire::AcceptFindingResponse>(
      "souk.payments.v1.PaymentsService/AcceptFinding", [parts](CallPtr, auto request, Done<wire::AcceptFindingResponse> done) {
        Later<wire::AcceptFindingResponse>(parts, done, [&findings = parts.findings, request] { return Accept(findings, *request); });
      });
}

}  // namespace souk::payments
