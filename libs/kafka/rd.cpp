#include "libs/kafka/rd.hpp"

#include "libs/observability/log.hpp"

namespace souk::kafka::rd {
namespace {

constexpr int kSyslogError = 3;

void Log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  const std::initializer_list<log::Field> fields = {
      {"client", handle != nullptr ? rd_kafka_name(handle) : "-"}, {"facility", facility}, {"text", text}};
  // An unreachable broker is an error to librdkafka and an ordinary day to us: it keeps trying.
  if (level <= kSyslogError) {
    log::Warn("kafka client", fields);
  } else {
    log::Debug("kafka client", fields);
  }
}

}  // namespace

Settings CommonSettings(const std::string& brokers, const std::string& client_id) {
  return {
      {"bootstrap.servers", brokers},
      {"client.id", client_id},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
      {"topic.metadata.refresh.interval.ms", "10000"},
      {"topic.metadata.refresh.fast.interval.ms", "100"},
      {"log.connection.close", "false"},
  };
}

Result<Conf> MakeConf(const Settings& settings) {
  Conf conf(rd_kafka_conf_new());
  char text[512];
  for (const auto& [key, value] : settings) {
    if (rd_kafka_conf_set(conf.get(), key.c_str(), value.c_str(), text, sizeof text) != RD_KAFKA_CONF_OK) {
      return InvalidArgument(key, text);
    }
  }
  rd_kafka_conf_set_log_cb(conf.get(), Log);
  return conf;
}

Result<Handle> MakeHandle(rd_kafka_type_t type, Conf conf) {
  char text[512];
  Handle handle(rd_kafka_new(type, conf.get(), text, sizeof text));
  if (!handle) return InvalidArgument("kafka", text);
  (void)conf.release();  // rd_kafka_new owns it now
  return handle;
}

Error ToError(rd_kafka_resp_err_t code, std::string_view doing) {
  const std::string message = std::string(doing) + ": " + rd_kafka_err2str(code);
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
      return MakeError(ErrorCode::kInvalidArgument, message, "RECORD_TOO_LARGE");
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return MakeError(ErrorCode::kInvalidArgument, message);
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return MakeError(ErrorCode::kResourceExhausted, message, "QUEUE_FULL");
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return MakeError(ErrorCode::kPermissionDenied, message);
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      // Retryable on purpose: topics are declared, so a missing one is being created or must be.
      return MakeError(ErrorCode::kUnavailable, message, "UNKNOWN_TOPIC");
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return MakeError(ErrorCode::kDeadlineExceeded, message);
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
      return MakeError(ErrorCode::kUnimplemented, message);
    default:
      return MakeError(ErrorCode::kUnavailable, message);
  }
}

std::string_view View(const void* data, std::size_t size) {
  return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

void Assign(Record& record, const rd_kafka_message_t& message) {
  record.topic.assign(rd_kafka_topic_name(message.rkt));
  record.key.assign(View(message.key, message.key_len));
  record.value.assign(View(message.payload, message.len));
  record.partition = message.partition;
  record.offset = message.offset;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    record.headers.clear();
    return;
  }
  record.headers.resize(rd_kafka_header_cnt(headers));
  for (std::size_t i = 0; i < record.headers.size(); ++i) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    rd_kafka_header_get_all(headers, i, &name, &value, &size);
    record.headers[i].key.assign(name);
    record.headers[i].value.assign(View(value, size));
  }
}

}  // namespace souk::kafka::rd
