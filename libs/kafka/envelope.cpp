#include "libs/kafka/envelope.hpp"

#include <charconv>

#include "libs/base/time.hpp"

namespace souk::kafka {
namespace {

constexpr std::string_view kId = "ce_id";
constexpr std::string_view kType = "ce_type";
constexpr std::string_view kSource = "ce_source";
constexpr std::string_view kSubject = "ce_subject";
constexpr std::string_view kTime = "ce_time";
constexpr std::string_view kSpecVersion = "ce_specversion";
constexpr std::string_view kAggregateVersion = "ce_aggregateversion";
constexpr std::string_view kCorrelationId = "ce_correlationid";
constexpr std::string_view kCausationId = "ce_causationid";
constexpr std::string_view kTraceparent = "traceparent";
constexpr std::string_view kContentType = "content-type";
constexpr std::string_view kProtobuf = "application/protobuf";
constexpr std::string_view kSpecVersionValue = "1.0";
constexpr std::size_t kTextBytesMax = 255;

Error Invalid(std::string_view header, std::string description) {
  Error error = InvalidArgument(std::string(header), std::move(description));
  error.message = "invalid envelope: " + std::string(header) + " " + error.fields.front().description;
  error.reason = "INVALID_ENVELOPE";
  return error;
}

/// The headers of a record by role, found in one pass.
struct Found {
  std::string_view id, type, source, subject, time, spec_version, aggregate_version, correlation_id, causation_id,
      traceparent, content_type;
};

Found Find(const Record& record) {
  Found found;
  for (const Header& header : record.headers) {
    const std::string_view name = header.key;
    if (name == kId) found.id = header.value;
    else if (name == kType) found.type = header.value;
    else if (name == kSource) found.source = header.value;
    else if (name == kSubject) found.subject = header.value;
    else if (name == kTime) found.time = header.value;
    else if (name == kSpecVersion) found.spec_version = header.value;
    else if (name == kAggregateVersion) found.aggregate_version = header.value;
    else if (name == kCorrelationId) found.correlation_id = header.value;
    else if (name == kCausationId) found.causation_id = header.value;
    else if (name == kTraceparent) found.traceparent = header.value;
    else if (name == kContentType) found.content_type = header.value;
  }
  return found;
}

Result<void> CheckText(std::string_view header, std::string_view value, bool mandatory) {
  if (mandatory && value.empty()) return Invalid(header, "is missing");
  if (value.size() > kTextBytesMax) return Invalid(header, "is longer than 255 bytes");
  return {};
}

Result<std::int64_t> ParseVersion(std::string_view text) {
  if (text.empty()) return Invalid(kAggregateVersion, "is missing");
  std::int64_t version = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (code != std::errc() || end != text.data() + text.size() || version < 1) {
    return Invalid(kAggregateVersion, "is not a whole number from 1 up");
  }
  return version;
}

Result<void> CheckTexts(const Found& found, const Record& record) {
  SOUK_RETURN_IF_ERROR(CheckText(kType, found.type, true));
  SOUK_RETURN_IF_ERROR(CheckText(kSource, found.source, true));
  SOUK_RETURN_IF_ERROR(CheckText(kSubject, found.subject, true));
  SOUK_RETURN_IF_ERROR(CheckText(kCorrelationId, found.correlation_id, false));
  SOUK_RETURN_IF_ERROR(CheckText(kCausationId, found.causation_id, false));
  SOUK_RETURN_IF_ERROR(CheckText(kTraceparent, found.traceparent, false));
  if (found.spec_version != kSpecVersionValue) return Invalid(kSpecVersion, "is not 1.0");
  if (!found.content_type.empty() && found.content_type != kProtobuf) {
    return Invalid(kContentType, "is not application/protobuf");
  }
  if (record.key != found.subject) return Invalid(kSubject, "is not the record's key");
  return {};
}

}  // namespace

std::vector<Header> ToHeaders(const Envelope& envelope) {
  std::vector<Header> headers;
  headers.reserve(11);
  const auto add = [&headers](std::string_view key, std::string value) {
    headers.push_back({std::string(key), std::move(value)});
  };
  add(kId, envelope.id.ToString());
  add(kType, envelope.type);
  add(kSource, envelope.source);
  add(kSubject, envelope.subject);
  add(kTime, FormatTime(envelope.time));
  add(kSpecVersion, std::string(kSpecVersionValue));
  add(kContentType, std::string(kProtobuf));
  add(kAggregateVersion, std::to_string(envelope.aggregate_version));
  if (!envelope.correlation_id.empty()) add(kCorrelationId, envelope.correlation_id);
  if (!envelope.causation_id.empty()) add(kCausationId, envelope.causation_id);
  if (!envelope.traceparent.empty()) add(kTraceparent, envelope.traceparent);
  return headers;
}

Result<Envelope> ParseEnvelope(const Record& record) {
  const Found found = Find(record);
  if (found.id.empty()) return Invalid(kId, "is missing");
  const auto id = Uuid::Parse(found.id);
  if (!id || id->IsNil()) return Invalid(kId, "is not a UUID");
  SOUK_RETURN_IF_ERROR(CheckTexts(found, record));
  if (found.time.empty()) return Invalid(kTime, "is missing");
  const auto time = ParseTime(found.time);
  if (!time) return Invalid(kTime, "is not an RFC 3339 time in UTC");
  SOUK_ASSIGN_OR_RETURN(const std::int64_t version, ParseVersion(found.aggregate_version));
  Envelope envelope;
  envelope.id = *id;
  envelope.type = found.type;
  envelope.source = found.source;
  envelope.subject = found.subject;
  envelope.time = *time;
  envelope.aggregate_version = version;
  envelope.correlation_id = found.correlation_id;
  envelope.causation_id = found.causation_id;
  envelope.traceparent = found.traceparent;
  return envelope;
}

Record ToRecord(std::string topic, const Envelope& envelope, std::string payload) {
  Record record;
  record.topic = std::move(topic);
  record.key = envelope.subject;
  record.value = std::move(payload);
  record.headers = ToHeaders(envelope);
  return record;
}

}  // namespace souk::kafka
