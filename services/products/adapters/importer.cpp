#include "services/products/adapters/importer.hpp"

#include <algorithm>
#include <charconv>
#include <future>

#include "libs/http/problem.hpp"
#include "libs/rpc/json.hpp"
#include "services/products/adapters/codec.hpp"
#include "services/products/adapters/import_reader.hpp"

namespace souk::products {
namespace {

constexpr std::size_t kWorkers = 2;
constexpr std::size_t kWaitingMax = 32;  // each holds at most one body
constexpr std::size_t kContentMax = 1 << 20;
constexpr int kLinesPerCall = 10'000;  // bounds the answer
constexpr std::int64_t kLineMax = 1'000'000'000;
/// Left of the caller's deadline for the answer itself.
constexpr std::chrono::milliseconds kAnswerTime{1000};
/// Longer than any statement may take.
constexpr std::chrono::seconds kPartTime{30};

Result<void> CheckRequest(const v1::ImportProductsRequest& request) {
  const std::string& key = request.import_key();
  const bool printable = std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
  if (key.empty() || key.size() > 255 || !printable) return MalformedField("import_key", "must be 1 to 255 printable ASCII characters (REST: the header Idempotency-Key)");
  if (request.content().size() > kContentMax) return MalformedField("content", "must have at most 1 MiB; send a larger file in parts, with first_line");
  if (request.first_line() < 0 || request.first_line() > kLineMax) return MalformedField("first_line", "must be 1 to 1000000000, or 0");
  return {};
}

Result<std::unique_ptr<ImportReader>> ReaderOf(const v1::ImportProductsRequest& request) {
  if (request.format() == v1::IMPORT_FORMAT_JSON_LINES) return ReadJsonLines(request.content(), request.first_line());
  if (request.format() == v1::IMPORT_FORMAT_CSV) return ReadCsv(request.content(), request.first_line());
  return MalformedField("format", "must be JSON_LINES or CSV");
}

v1::ImportedLine ToProto(const LineReport& report) {
  v1::ImportedLine line;
  line.set_line(report.number);
  line.set_sku(report.sku);
  if (report.product_id) line.set_product_id(report.product_id->ToString());
  switch (report.outcome) {
    case LineOutcome::kCreated: line.set_outcome(v1::IMPORT_OUTCOME_CREATED); break;
    case LineOutcome::kUpdated: line.set_outcome(v1::IMPORT_OUTCOME_UPDATED); break;
    case LineOutcome::kUnchanged: line.set_outcome(v1::IMPORT_OUTCOME_UNCHANGED); break;
    case LineOutcome::kRefused: line.set_outcome(v1::IMPORT_OUTCOME_REFUSED); break;
  }
  if (!report.error) return line;
  line.set_reason(report.error->reason);
  line.set_message(report.error->message);
  for (const FieldViolation& violation : report.error->fields) {
    auto* added = line.add_errors();
    added->set_field(violation.field);
    added->set_description(violation.description);
  }
  return line;
}

void Fill(const ImportState& state, v1::ImportProductsResponse& response) {
  response.set_last_line(state.last_line);
  response.set_created(state.created);
  response.set_updated(state.updated);
  response.set_unchanged(state.unchanged);
  response.set_refused(state.refused);
}

v1::ImportFormat FormatOf(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  for (const std::string_view name : {"application/x-ndjson", "application/jsonl", "application/json-lines"}) {
    if (http::EqualsIgnoreCase(type, name)) return v1::IMPORT_FORMAT_JSON_LINES;
  }
  return http::EqualsIgnoreCase(type, "text/csv") ? v1::IMPORT_FORMAT_CSV : v1::IMPORT_FORMAT_UNSPECIFIED;
}

/// One line of JSON per line of the file, then one about all.
Result<http::Response> ToLines(v1::ImportProductsResponse response) {
  http::Response out;
  out.headers = {{"Content-Type", "application/x-ndjson"}};
  for (const v1::ImportedLine& line : response.lines()) {
    SOUK_ASSIGN_OR_RETURN(const std::string json, rpc::ToJson(line));
    out.body += json + "\n";
  }
  response.clear_lines();
  SOUK_ASSIGN_OR_RETURN(const std::string json, rpc::ToJson(response));
  out.body += json + "\n";
  return out;
}

Result<v1::ImportProductsRequest> ToRequest(http::Request& request) {
  v1::ImportProductsRequest import;
  import.set_format(FormatOf(request.Header("content-type")));
  if (import.format() == v1::IMPORT_FORMAT_UNSPECIFIED) {
    Error error = MakeError(ErrorCode::kInvalidArgument, "The body must be application/x-ndjson or text/csv.", "UNSUPPORTED_MEDIA_TYPE");
    error.http_status = 415;
    return error;
  }
  import.set_import_key(std::string(request.Header("idempotency-key")));
  for (const auto& [name, value] : http::ParseQuery(request.query)) {
    std::int64_t first_line = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), first_line);
    if (name != "first_line") return MalformedField("query", "has a parameter that is not known; there is first_line");
    if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size()) return MalformedField("first_line", "must be a number");
    import.set_first_line(first_line);
  }
  import.set_content(std::move(request.body));
  return import;
}

}  // namespace

Importer::Importer(Writer& writer, ProductView& view, const Clock& clock, Random& random, std::size_t lines_per_part)
    : writer_(writer), view_(view), clock_(clock), random_(random), lines_per_part_(lines_per_part), workers_(kWorkers, kWaitingMax) {}

void Importer::AddMethods(rpc::MethodTable& table) {
  table.AddUnary<v1::ImportProductsRequest, v1::ImportProductsResponse>(
      "souk.products.v1.ProductsService/ImportProducts", [this](rpc::CallPtr call, auto request, auto done) {
        const Result<void> posted = workers_.Post([this, call, request, done] { done(Import(*request, call->context)); });
        if (!posted.ok()) done(posted.error());
      });
}

void Importer::AddRoutes(http::Router& router) {
  router.Add("POST", "/v1/products:import", [this](http::Request request, http::Responder responder) { Upload(std::move(request), std::move(responder)); });
}

void Importer::Upload(http::Request request, http::Responder responder) {
  const auto shared = std::make_shared<http::Request>(std::move(request));
  const auto answer = http::Share(std::move(responder));
  const Result<void> posted = workers_.Post([this, shared, answer] {
    const auto run = [&]() -> Result<http::Response> {
      SOUK_ASSIGN_OR_RETURN(const v1::ImportProductsRequest import, ToRequest(*shared));
      SOUK_ASSIGN_OR_RETURN(v1::ImportProductsResponse response, Import(import, shared->context));
      return ToLines(std::move(response));
    };
    Result<http::Response> response = run();
    answer->Send(response.ok() ? std::move(*response) : http::ProblemResponse(response.error(), shared->context));
  });
  if (!posted.ok()) answer->Send(http::ProblemResponse(posted.error(), shared->context));
}

Result<v1::ImportProductsResponse> Importer::Import(const v1::ImportProductsRequest& request, const Context& context) {
  SOUK_RETURN_IF_ERROR(CheckRequest(request));
  SOUK_ASSIGN_OR_RETURN(const auto reader, ReaderOf(request));
  ImportWork part;
  part.import_id = Uuid::FromName("import", request.import_key());
  part.name = request.import_key();
  SOUK_ASSIGN_OR_RETURN(const std::optional<ImportState> before, view_.GetImport(part.import_id));
  v1::ImportProductsResponse response;
  if (before) Fill(*before, response);
  const std::int64_t applied = response.last_line();
  // A gap would be lines that nobody ever applies.
  if (reader->last_line() > applied && request.first_line() > 0 && (before || request.first_line() > 2)) {
    Error error = MalformedField("first_line", "leaves lines out: this import stands at line " + std::to_string(applied));
    error.reason = "IMPORT_GAP";
    return error;
  }
  bool more = true;
  while (more && response.lines_size() < kLinesPerCall && context.Remaining() > kAnswerTime) {
    part.after_line = response.last_line();
    part.lines.clear();
    while (part.lines.size() < lines_per_part_) {
      auto line = reader->Next();
      more = line.has_value();
      if (!more) break;
      if (line->number <= applied) continue;
      part.lines.push_back({line->number, NewUuidV7(clock_, random_), std::move(line->content)});
    }
    part.last_line = reader->last_line();
    if (part.last_line <= part.after_line) continue;
    const Result<void> result = ApplyPart(part, context, response);
    // What was applied before is told rather than lost; the key goes on.
    if (!result.ok() && response.lines_size() > 0) return response;
    if (!result.ok()) return result.error();
  }
  response.set_done(!more);
  return response;
}

Result<void> Importer::ApplyPart(ImportWork part, const Context& context, v1::ImportProductsResponse& response) {
  const auto promise = std::make_shared<std::promise<Result<Outcome>>>();
  auto applied = promise->get_future();
  Work work;
  work.job = std::move(part);
  work.causation_id = context.request_id;
  work.traceparent = context.trace.IsValid() ? context.trace.ToString() : std::string();
  work.done = [promise](Work& finished, const Result<void>& result) {
    if (!result.ok()) return promise->set_value(result.error());
    if (finished.outcome.error) return promise->set_value(*finished.outcome.error);
    promise->set_value(std::move(finished.outcome));
  };
  SOUK_RETURN_IF_ERROR(writer_.Submit(std::move(work)));
  if (applied.wait_for(kPartTime) != std::future_status::ready) return MakeError(ErrorCode::kDeadlineExceeded, "the part was not committed in time");
  SOUK_ASSIGN_OR_RETURN(const Outcome outcome, applied.get());
  for (const LineReport& report : outcome.lines) *response.add_lines() = ToProto(report);
  Fill(outcome.import, response);
  return {};
}

}  // namespace souk::products
