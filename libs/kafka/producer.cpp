#include "libs/kafka/producer.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "libs/failpoint/failpoint.hpp"
#include "libs/kafka/rd.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"

namespace souk::kafka {
namespace {

failpoint::Point before_produce("kafka.before_produce", failpoint::Kind::kMayFail);
failpoint::Point after_ack("kafka.after_ack", failpoint::Kind::kMayFail);  // an error: the acknowledgement is lost

constexpr int kPollMs = 100;
constexpr std::chrono::seconds kFlushAtEnd{5};
constexpr std::chrono::seconds kPurgeMax{10};

rd::Settings ToSettings(const ProducerConfig& config) {
  rd::Settings settings = rd::CommonSettings(config.brokers, config.client_id);
  const rd::Settings own = {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"linger.ms", std::to_string(config.linger_ms)},
      {"compression.codec", config.compression},
      {"partitioner", "murmur2_random"},
      {"queue.buffering.max.messages", std::to_string(config.queue_max_messages)},
      {"queue.buffering.max.kbytes", std::to_string(config.queue_max_kbytes)},
      {"message.timeout.ms", std::to_string(config.message_timeout.count())},
      {"message.max.bytes", std::to_string(config.message_max_bytes)},
      {"retry.backoff.ms", "50"},
      {"delivery.report.only.error", "false"},
  };
  settings.insert(settings.end(), own.begin(), own.end());
  return settings;
}

rd_kafka_vu_t Argument(rd_kafka_vtype_t type) {
  rd_kafka_vu_t argument{};
  argument.vtype = type;
  return argument;
}

rd::Headers ToHeaders(const Record& record) {
  rd::Headers headers(rd_kafka_headers_new(record.headers.size()));
  for (const Header& header : record.headers) {
    rd_kafka_header_add(headers.get(), header.key.data(), static_cast<ssize_t>(header.key.size()),
                        header.value.data(), static_cast<ssize_t>(header.value.size()));
  }
  return headers;
}

}  // namespace

class Producer::State {
 public:
  explicit State(ProducerConfig config)
      : config_(std::move(config)),
        produced_(metrics::GetCounter("souk_kafka_produced_total", "Records acknowledged by the brokers")),
        failed_(metrics::GetCounter("souk_kafka_produce_failures_total", "Records that were not delivered")),
        in_flight_gauge_(metrics::GetGauge("souk_kafka_producer_in_flight", "Records not acknowledged yet")) {}

  ~State() {
    if (!thread_.joinable()) return;
    (void)Flush(kFlushAtEnd);  // what is left is failed and counted below
    stopping_ = true;
    thread_.join();
  }

  Result<void> Start() {
    SOUK_ASSIGN_OR_RETURN(handle_, Open());
    thread_ = std::thread([this] { Loop(); });
    return {};
  }

  Result<void> Produce(Record record, DeliveryCallback delivered) {
    SOUK_RETURN_IF_ERROR(before_produce.Try());
    auto pending = std::make_unique<Pending>(Pending{this, std::move(record), std::move(delivered)});
    const std::shared_lock lock(mutex_);
    if (!handle_) return MakeError(ErrorCode::kUnavailable, "the Kafka producer is being replaced");
    ++in_flight_;
    const rd::Failure failure(Send(*pending));
    if (failure) {
      Settled();
      return rd::ToError(rd_kafka_error_code(failure.get()), "produce to " + pending->record.topic);
    }
    (void)pending.release();  // comes back to OnDelivery
    return {};
  }

  Result<void> Flush(std::chrono::milliseconds timeout) {
    std::unique_lock lock(idle_mutex_);
    if (idle_.wait_for(lock, timeout, [this] { return in_flight_ == 0; })) return {};
    return MakeError(ErrorCode::kDeadlineExceeded,
                     std::to_string(in_flight_) + " records were not acknowledged in time");
  }

  std::size_t InFlight() const { return in_flight_; }
  int Replacements() const { return replacements_; }

  void InjectFatalError() {
    const std::shared_lock lock(mutex_);
    if (handle_) {
      rd_kafka_test_fatal_error(handle_.get(), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "injected by a test");
    }
  }

 private:
  /// Keeps the payload alive until delivery, so that librdkafka need not copy it.
  struct Pending {
    State* state;
    Record record;
    DeliveryCallback delivered;
  };

  Result<rd::Handle> Open() {
    SOUK_ASSIGN_OR_RETURN(rd::Conf conf, rd::MakeConf(ToSettings(config_)));
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), OnDelivery);
    rd_kafka_conf_set_error_cb(conf.get(), OnError);
    return rd::MakeHandle(RD_KAFKA_PRODUCER, std::move(conf));
  }

  rd_kafka_error_t* Send(Pending& pending) {
    std::array<rd_kafka_vu_t, 6> arguments = {
        Argument(RD_KAFKA_VTYPE_TOPIC),    Argument(RD_KAFKA_VTYPE_KEY),    Argument(RD_KAFKA_VTYPE_VALUE),
        Argument(RD_KAFKA_VTYPE_MSGFLAGS), Argument(RD_KAFKA_VTYPE_OPAQUE), Argument(RD_KAFKA_VTYPE_HEADERS)};
    Record& record = pending.record;
    arguments[0].u.cstr = record.topic.c_str();
    arguments[1].u.mem = {record.key.data(), record.key.size()};
    arguments[2].u.mem = {record.value.data(), record.value.size()};
    arguments[3].u.i = 0;  // neither copy nor free: Pending owns the bytes
    arguments[4].u.ptr = &pending;
    rd::Headers headers = kafka::ToHeaders(record);
    arguments[5].u.headers = headers.get();
    rd_kafka_error_t* failure = rd_kafka_produceva(handle_.get(), arguments.data(), arguments.size());
    if (failure == nullptr) (void)headers.release();  // the message owns them now
    return failure;
  }

  static void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    const std::unique_ptr<Pending> pending(static_cast<Pending*>(message->_private));
    State& state = *pending->state;
    const bool ok = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    (ok ? state.produced_ : state.failed_).Increment();
    Result<void> result = ok ? after_ack.Try() : rd::ToError(message->err, "deliver to " + pending->record.topic);
    if (pending->delivered) pending->delivered(std::move(result));
    state.Settled();
  }

  static void OnError(rd_kafka_t*, int code, const char* text, void* opaque) {
    if (code != RD_KAFKA_RESP_ERR__FATAL) {
      log::Debug("kafka producer", {{"text", text}});
      return;
    }
    log::Warn("kafka producer: fatal error, replacing the client", {{"text", text}});
    static_cast<State*>(opaque)->fatal_ = true;
  }

  void Settled() {
    if (--in_flight_ > 0) return;
    const std::lock_guard lock(idle_mutex_);
    idle_.notify_all();
  }

  void Loop() {
    while (!stopping_) {
      if (handle_) rd_kafka_poll(handle_.get(), kPollMs);
      in_flight_gauge_.Set(static_cast<double>(in_flight_.load()));
      if (fatal_ || !handle_) Replace();
    }
    Retire();
  }

  /// Fails what was not delivered, all of it: a part kept back could be overtaken by its successors.
  void Retire() {
    rd::Handle old;
    {
      const std::unique_lock lock(mutex_);
      old = std::move(handle_);
    }
    if (!old) return;
    rd_kafka_purge(old.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    const auto deadline = std::chrono::steady_clock::now() + kPurgeMax;
    while (rd_kafka_outq_len(old.get()) > 0 && std::chrono::steady_clock::now() < deadline) {
      rd_kafka_poll(old.get(), kPollMs);
    }
  }

  void Replace() {
    Retire();
    fatal_ = false;
    Result<rd::Handle> fresh = Open();
    if (!fresh.ok()) {
      log::Error("kafka producer: can't replace the client", {log::Why(fresh.error())});
      std::unique_lock lock(idle_mutex_);
      idle_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_.load(); });
      return;
    }
    const std::unique_lock lock(mutex_);
    handle_ = std::move(fresh).value();
    ++replacements_;
  }

  const ProducerConfig config_;
  metrics::Counter& produced_;
  metrics::Counter& failed_;
  metrics::Gauge& in_flight_gauge_;
  std::shared_mutex mutex_;  ///< guards handle_; only the delivery thread writes it
  rd::Handle handle_;
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<bool> fatal_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<int> replacements_{0};
  std::mutex idle_mutex_;
  std::condition_variable idle_;
  std::thread thread_;
};

Producer::Producer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Producer::~Producer() = default;

Result<std::unique_ptr<Producer>> Producer::Create(ProducerConfig config) {
  if (config.brokers.empty()) return InvalidArgument("kafka.brokers", "is empty");
  auto state = std::make_unique<State>(std::move(config));
  SOUK_RETURN_IF_ERROR(state->Start());
  return std::unique_ptr<Producer>(new Producer(std::move(state)));
}

Result<void> Producer::Produce(Record record, DeliveryCallback delivered) {
  return state_->Produce(std::move(record), std::move(delivered));
}
Result<void> Producer::Flush(std::chrono::milliseconds timeout) { return state_->Flush(timeout); }
std::size_t Producer::InFlight() const { return state_->InFlight(); }
int Producer::Replacements() const { return state_->Replacements(); }
void Producer::InjectFatalError() { state_->InjectFatalError(); }

}  // namespace souk::kafka
