#include "libs/kafka/consumer.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "libs/failpoint/failpoint.hpp"
#include "libs/kafka/chaos.hpp"
#include "libs/kafka/positions.hpp"
#include "libs/kafka/rd.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"

namespace souk::kafka {
namespace {

failpoint::Point before_handler("kafka.before_handler", failpoint::Kind::kMayFail);
failpoint::Point after_handler("kafka.after_handler", failpoint::Kind::kMayFail);  // an error: applied, and yet handled again
failpoint::Point before_offsets("kafka.before_offset_store", failpoint::Kind::kPassOnly);
failpoint::Point after_offsets("kafka.after_offset_store", failpoint::Kind::kPassOnly);

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPollMax{100};
constexpr milliseconds kCommitMax{3'000};
constexpr milliseconds kCloseMax{5'000};
constexpr milliseconds kReopenAfter{1'000};
constexpr milliseconds kLagInterval{200};
/// Waits shorter than this since the first failure need no pause: pausing throws away what was fetched ahead.
constexpr milliseconds kPauseAfter{1'000};
/// A record whose value is larger gives its memory back after use.
constexpr std::size_t kKeepBytesMax = 64 * 1024;

rd::Settings ToSettings(const ConsumerConfig& config) {
  const auto heartbeat = std::clamp(config.session_timeout / 3, milliseconds(100), milliseconds(500));
  rd::Settings settings = rd::CommonSettings(config.brokers, config.client_id);
  const rd::Settings own = {
      {"group.id", config.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", config.offset_reset},
      // cooperative-sticky loops and hangs in 2.0.2.
      {"partition.assignment.strategy", "range"},
      {"session.timeout.ms", std::to_string(config.session_timeout.count())},
      {"heartbeat.interval.ms", std::to_string(heartbeat.count())},
      {"max.poll.interval.ms", std::to_string(config.max_poll_interval.count())},
      {"fetch.wait.max.ms", std::to_string(config.fetch_wait_max.count())},
      {"fetch.min.bytes", std::to_string(config.fetch_bytes_min)},
      {"fetch.error.backoff.ms", "50"},
      // A full local queue backs off a hard second in 2.0.2: keep it longer than a second's work.
      {"queued.min.messages", "50000"},
      {"queued.max.messages.kbytes", "32768"},
      {"allow.auto.create.topics", "false"},
  };
  settings.insert(settings.end(), own.begin(), own.end());
  if (!config.group_instance_id.empty()) settings.emplace_back("group.instance.id", config.group_instance_id);
  return settings;
}

Result<void> Check(const ConsumerConfig& config) {
  if (config.brokers.empty()) return InvalidArgument("kafka.brokers", "is empty");
  if (config.group.empty()) return InvalidArgument("group", "is empty");
  if (config.topics.empty()) return InvalidArgument("topics", "is empty");
  if (config.batch_max < 1 || config.batch_max > 10'000) return InvalidArgument("batch_max", "is not in 1..10000");
  const std::string& reset = config.offset_reset;
  if (reset != "earliest" && reset != "latest" && reset != "error") {
    return InvalidArgument("offset_reset", "is none of earliest, latest, error");
  }
  return {};
}

}  // namespace

class Consumer::State {
 public:
  State(ConsumerConfig config, BatchHandler handler)
      : config_(std::move(config)),
        handler_(std::move(handler)),
        chaos_(config_.chaos_duplicate, config_.chaos_shuffle, config_.chaos_seed),
        jitter_(config_.chaos_seed),
        consumed_(metrics::GetCounter("souk_kafka_consumed_total", "Records applied", Labels())),
        retries_metric_(metrics::GetCounter("souk_kafka_handler_retries_total", "Batches that failed", Labels())),
        lag_metric_(metrics::GetGauge("souk_kafka_consumer_lag", "Records of our partitions not applied", Labels())),
        batch_metric_(metrics::GetHistogram("souk_kafka_batch_records", "Records per batch", Labels(),
                                            {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})) {}
  ~State() { Stop(); }

  Result<void> Start() {
    SOUK_RETURN_IF_ERROR(Check(config_));
    SOUK_RETURN_IF_ERROR(Open());
    thread_ = std::thread([this] { Loop(); });
    return {};
  }

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  bool Ready() const { return joined_; }
  bool HasAssignment() const { return assigned_ > 0; }
  std::int64_t Lag() const { return lag_; }
  ConsumerStats Stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
  }
  std::string Failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  metrics::Labels Labels() const { return {{"group", config_.group}}; }

  void Count(std::int64_t ConsumerStats::*what, std::int64_t by = 1) {
    const std::lock_guard lock(mutex_);
    stats_.*what += by;
  }

  /// False when a stop was asked for meanwhile.
  bool Wait(milliseconds time) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, time, [this] { return stopping_.load(); });
  }

  // --- connection

  Result<void> Open() {
    SOUK_ASSIGN_OR_RETURN(rd::Conf conf, rd::MakeConf(ToSettings(config_)));
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_rebalance_cb(conf.get(), [](rd_kafka_t*, rd_kafka_resp_err_t code,
                                                  rd_kafka_topic_partition_list_t* partitions, void* opaque) {
      static_cast<State*>(opaque)->OnRebalance(code, partitions);
    });
    rd_kafka_conf_set_offset_commit_cb(conf.get(), [](rd_kafka_t*, rd_kafka_resp_err_t code,
                                                      rd_kafka_topic_partition_list_t* offsets, void* opaque) {
      static_cast<State*>(opaque)->OnCommit(code, offsets);
    });
    SOUK_ASSIGN_OR_RETURN(handle_, rd::MakeHandle(RD_KAFKA_CONSUMER, std::move(conf)));
    rd_kafka_poll_set_consumer(handle_.get());
    const rd::Partitions topics(rd_kafka_topic_partition_list_new(static_cast<int>(config_.topics.size())));
    for (const std::string& topic : config_.topics) {
      rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    const rd_kafka_resp_err_t code = rd_kafka_subscribe(handle_.get(), topics.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ToError(code, "subscribe");
    return {};
  }

  /// Leaves the group, in bounded time: the close of 2.0.2 can hang.
  void Close() {
    if (!handle_) return;
    LeaveGroup();
    Forget();
    if (rd_kafka_consumer_closed(handle_.get()) != 0) {
      handle_.reset();
      return;
    }
    log::Warn("kafka consumer: did not close in time, leaving it behind", {{"group", config_.group}});
    (void)handle_.release();
  }

  void LeaveGroup() {
    const rd::Queue queue(rd_kafka_queue_new(handle_.get()));
    const rd::Failure failure(rd_kafka_consumer_close_queue(handle_.get(), queue.get()));
    const auto deadline = SteadyClock::now() + kCloseMax;
    while (!failure && rd_kafka_consumer_closed(handle_.get()) == 0 && SteadyClock::now() < deadline) {
      const rd::Event event(rd_kafka_queue_poll(queue.get(), static_cast<int>(kPollMax.count())));
      if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) {
        OnRebalance(rd_kafka_event_error(event.get()), rd_kafka_event_topic_partition_list(event.get()));
      }
    }
  }

  void Reopen() {
    log::Warn("kafka consumer: replacing the client", {{"group", config_.group}});
    Close();
    fatal_ = false;
    while (!handle_ && Wait(kReopenAfter)) {
      if (const Result<void> opened = Open(); !opened.ok()) {
        handle_.reset();
        log::Error("kafka consumer: can't open", {{"group", config_.group}, log::Why(opened.error())});
      }
    }
    Count(&ConsumerStats::replacements);
  }

  // --- group membership; all of it on our thread, inside a poll

  void OnRebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions) {
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      rd_kafka_assign(handle_.get(), partitions);
      positions_.Reset(partitions);
      assigned_ = partitions->cnt;
      joined_ = true;
      if (config_.on_assigned) config_.on_assigned();
      Count(&ConsumerStats::rebalances);
      log::Info("kafka partitions assigned", {{"group", config_.group}, {"partitions", partitions->cnt}});
      return;
    }
    // Lost partitions have another owner already: what we would commit is theirs to decide.
    if (rd_kafka_assignment_lost(handle_.get()) == 0) CommitAndWait();
    Forget();
    rd_kafka_assign(handle_.get(), nullptr);
  }

  /// Drops everything that belongs to an assignment that is no more ours; its next owner reads it again.
  void Forget() {
    positions_.Reset(nullptr);
    batch_.clear();
    carry_.clear();
    paused_ = false;
    joined_ = false;
    assigned_ = 0;
    lag_ = 0;
    ++epoch_;
  }

  // --- offsets

  void OnCommit(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* offsets) {
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return after_offsets.Pass();
    if (code == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
    positions_.CommitFailed(offsets);
    Count(&ConsumerStats::commits_failed);
    log::Debug("kafka commit failed", {{"group", config_.group}, {"text", rd_kafka_err2str(code)}});
  }

  void CommitIfDue() {
    const auto now = SteadyClock::now();
    if (now < next_commit_) return;
    next_commit_ = now + config_.commit_interval;
    if (const rd::Partitions offsets = positions_.TakeUncommitted()) {
      before_offsets.Pass();
      rd_kafka_commit(handle_.get(), offsets.get(), 1);  // a failure comes to OnCommit
    }
  }

  /// rd_kafka_commit waits without a bound while there is no coordinator, hence the queue.
  void CommitAndWait() {
    const rd::Partitions offsets = positions_.TakeUncommitted();
    if (!offsets) return;
    const rd::Queue queue(rd_kafka_queue_new(handle_.get()));
    if (rd_kafka_commit_queue(handle_.get(), offsets.get(), queue.get(), nullptr, nullptr) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
      return;
    }
    const rd::Event event(rd_kafka_queue_poll(queue.get(), static_cast<int>(kCommitMax.count())));
    if (!event || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      Count(&ConsumerStats::commits_failed);
      log::Info("kafka offsets not committed, the records will come again", {{"group", config_.group}});
    }
  }

  void UpdateLag() {
    const auto now = SteadyClock::now();
    if (now < next_lag_) return;
    next_lag_ = now + kLagInterval;
    lag_ = positions_.Lag(handle_.get());
    lag_metric_.Set(static_cast<double>(lag_));
  }

  // --- records

  void Loop() {
    while (!stopping_ && Failure().empty()) {
      Collect();
      if (fatal_) {
        Reopen();
        continue;
      }
      if (!batch_.empty()) Process();
      if (handle_ && !fatal_) {
        CommitIfDue();
        UpdateLag();
      }
    }
    if (handle_) CommitAndWait();
    Close();
  }

  /// Waits for the first record only. A rebalance inside a poll may empty batch_ again.
  void Collect() {
    for (Record& record : carry_) batch_.push_back(std::move(record));
    carry_.clear();
    auto wait = batch_.empty() ? std::min(kPollMax, config_.commit_interval) : milliseconds(0);
    while (batch_.size() < static_cast<std::size_t>(config_.batch_max)) {
      const rd::Message message(rd_kafka_consumer_poll(handle_.get(), static_cast<int>(wait.count())));
      if (!message) break;
      wait = milliseconds(0);
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd::Assign(Spare(batch_), *message);
      } else {
        OnPollError(*message);
      }
    }
    for (const Record& record : batch_) positions_.Read(record);
  }

  /// Appends a record, with memory of an earlier one when there is any.
  Record& Spare(std::vector<Record>& to) {
    if (spare_.empty()) return to.emplace_back();
    to.push_back(std::move(spare_.back()));
    spare_.pop_back();
    return to.back();
  }

  void Recycle() {
    for (Record& record : batch_) {
      if (spare_.size() >= static_cast<std::size_t>(config_.batch_max)) break;
      if (record.value.capacity() <= kKeepBytesMax) spare_.push_back(std::move(record));
    }
    batch_.clear();
  }

  void OnPollError(const rd_kafka_message_t& message) {
    const rd_kafka_resp_err_t code = message.err;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
      fatal_ = true;
    } else if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
      const std::lock_guard lock(mutex_);
      failure_ = "the committed offsets of group " + config_.group + " are gone: choose where to start again";
      log::Error("kafka consumer stops", {{"group", config_.group}, {"why", failure_}});
    } else {
      log::Info("kafka consumer", {{"group", config_.group}, {"text", rd_kafka_message_errstr(&message)}});
    }
  }

  void Process() {
    if (chaos_.Active()) chaos_.Apply(batch_);
    batch_metric_.Observe(static_cast<double>(batch_.size()));
    const auto size = static_cast<std::int64_t>(batch_.size());
    const std::uint64_t epoch = epoch_;
    const auto started = SteadyClock::now();
    for (int attempt = 1;; ++attempt) {
      const Result<void> result = Handle();
      if (result.ok()) break;
      OnHandlerError(attempt, result.error());
      const bool may_go_on = BackOff(attempt, started);
      if (!may_go_on || epoch != epoch_ || fatal_) {
        batch_.clear();  // not marked as done: it will be read again
        return;
      }
    }
    Resume();
    positions_.MarkDone();
    Recycle();
    consumed_.Increment(static_cast<double>(size));
    Count(&ConsumerStats::records, size);
    Count(&ConsumerStats::batches);
  }

  Result<void> Handle() {
    SOUK_RETURN_IF_ERROR(before_handler.Try());
    SOUK_RETURN_IF_ERROR(handler_(batch_));
    return after_handler.Try();
  }

  void OnHandlerError(int attempt, const Error& error) {
    Count(&ConsumerStats::retries);
    retries_metric_.Increment();
    const bool power_of_two = (attempt & (attempt - 1)) == 0;
    if (!power_of_two) return;  // a long outage needs few lines
    log::Warn("kafka batch failed, will try again",
              {{"group", config_.group}, {"attempt", attempt}, {"records", batch_.size()}, log::Why(error)});
  }

  /// False when a stop was asked for.
  bool BackOff(int attempt, SteadyTime started) {
    auto time = config_.retry_backoff_max;
    if (attempt < 20) time = std::min(time, config_.retry_backoff_min * (std::int64_t{1} << (attempt - 1)));
    const auto half = std::max<std::int64_t>(1, time.count() / 2);
    time = milliseconds(half + static_cast<std::int64_t>(jitter_.Below(static_cast<std::uint64_t>(half) + 1)));
    if (SteadyClock::now() - started < kPauseAfter) return Wait(time);
    return PollPaused(time);
  }

  /// Stays a member of the group without taking more records.
  bool PollPaused(milliseconds time) {
    const auto until = SteadyClock::now() + time;
    Pause();
    while (!stopping_ && !fatal_ && SteadyClock::now() < until) {
      const rd::Message message(rd_kafka_consumer_poll(handle_.get(), 20));
      if (!message) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd::Assign(carry_.emplace_back(), *message);
      } else {
        OnPollError(*message);
      }
    }
    CommitIfDue();
    return !stopping_;
  }

  void Pause() {
    if (paused_ || positions_.empty()) return;
    rd_kafka_pause_partitions(handle_.get(), positions_.All().get());
    paused_ = true;
  }

  /// Only what was paused: a needless resume makes 2.0.2 go back to an old offset.
  void Resume() {
    if (!paused_) return;
    rd_kafka_resume_partitions(handle_.get(), positions_.All().get());
    paused_ = false;
  }

  const ConsumerConfig config_;
  const BatchHandler handler_;
  Chaos chaos_;
  SeededRandom jitter_;
  metrics::Counter& consumed_;
  metrics::Counter& retries_metric_;
  metrics::Gauge& lag_metric_;
  metrics::Histogram& batch_metric_;

  rd::Handle handle_;
  Positions positions_;
  std::vector<Record> batch_;
  std::vector<Record> carry_;  ///< came while paused
  std::vector<Record> spare_;
  std::uint64_t epoch_ = 0;  ///< counts lost assignments
  bool paused_ = false;
  bool fatal_ = false;
  SteadyTime next_commit_{};
  SteadyTime next_lag_{};

  std::atomic<bool> joined_{false};
  std::atomic<int> assigned_{0};
  std::atomic<std::int64_t> lag_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  ConsumerStats stats_;
  std::string failure_;
  std::thread thread_;
};

Consumer::Consumer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Consumer::~Consumer() = default;

Result<std::unique_ptr<Consumer>> Consumer::Start(ConsumerConfig config, BatchHandler handler) {
  auto state = std::make_unique<State>(std::move(config), std::move(handler));
  SOUK_RETURN_IF_ERROR(state->Start());
  return std::unique_ptr<Consumer>(new Consumer(std::move(state)));
}

void Consumer::Stop() { state_->Stop(); }
bool Consumer::Ready() const { return state_->Ready(); }
bool Consumer::HasAssignment() const { return state_->HasAssignment(); }
std::int64_t Consumer::Lag() const { return state_->Lag(); }
ConsumerStats Consumer::Stats() const { return state_->Stats(); }
std::string Consumer::Failure() const { return state_->Failure(); }

}  // namespace souk::kafka
