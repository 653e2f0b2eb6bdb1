#include "libs/outbox/relay.hpp"

#include <atomic>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "libs/base/random.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"
#include "libs/outbox/dispatcher.hpp"
#include "libs/outbox/inbox_cleaner.hpp"
#include "libs/outbox/row.hpp"
#include "libs/outbox/statements.hpp"

namespace souk::outbox {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kDrainAtStop{5'000};
constexpr milliseconds kAloneMax{5'000};
constexpr std::size_t kCatchUpAggregates = 500;
constexpr int kCatchUpRowsPerBatch = 5;

/// A walk through the whole table in key order. It starts at a random place and wraps around, so that two instances that
/// drain the same backlog meet half-way instead of sending everything twice.
struct Pass {
  bool full = false;  ///< rows of any age; otherwise only old ones
  std::string start;
  bool wrapped = false;
  RowKey after;
};

Pass MakePass(bool full) {
  SystemRandom random;
  Pass pass;
  pass.full = full;
  pass.start = Uuid::V7(random.Next(), random.Next(), random.Next()).ToString();
  std::array<std::uint8_t, 16> last{};
  last.fill(0xff);
  pass.after = {pass.start, std::numeric_limits<std::int64_t>::max(), Uuid(last)};
  return pass;
}

}  // namespace

class Relay::State {
 public:
  State(RelayConfig config, sql::ConnectionConfig sql, kafka::Publisher& publisher)
      : config_(config),
        connection_(std::move(sql)),
        dispatcher_(std::make_shared<Dispatcher>(config_, publisher)),
        cleaner_(config_.inbox_retention),
        pending_gauge_(metrics::GetGauge("souk_outbox_pending", "Rows in the outbox")),
        oldest_gauge_(metrics::GetGauge("souk_outbox_oldest_seconds", "Age of the oldest outbox row")),
        parked_gauge_(metrics::GetGauge("souk_outbox_parked", "Aggregates held back by a refused record")) {}
  ~State() { Stop(); }

  void HandOff(std::vector<OutboxRecord> records) { dispatcher_->HandOff(std::move(records)); }

  void Start() {
    if (!thread_.joinable()) thread_ = std::thread([this] { Loop(); });
  }

  void Stop() {
    dispatcher_->Close();
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  RelayStats Stats() const {
    RelayStats stats;
    {
      const std::lock_guard lock(mutex_);
      stats = backlog_;
    }
    dispatcher_->FillStats(stats);
    return stats;
  }

 private:
  void Loop() {
    while (!stopping_) {
      DeleteAcknowledged();
      const bool progress = Sweep();
      if (SteadyClock::now() >= next_tick_) Tick();
      if (!progress) Wait(config_.delete_interval);
    }
    const auto deadline = SteadyClock::now() + kDrainAtStop;
    while (dispatcher_->InFlight() > 0 && SteadyClock::now() < deadline) {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, milliseconds(5));
    }
    DeleteAcknowledged();
  }

  void Wait(milliseconds time) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, time, [this] { return stopping_.load(); });
  }

  /// Runs a statement; a failure is logged once per outage.
  std::optional<sql::Rows> Query(const sql::Statement& statement, const std::vector<sql::Param>& params) {
    Result<sql::Rows> rows = connection_.Query(statement, params);
    if (!rows.ok()) {
      if (!failing_) log::Warn("outbox relay: SQL failed, will try again", {log::Why(rows.error())});
      failing_ = true;
      return std::nullopt;
    }
    failing_ = false;
    return std::move(rows).value();
  }

  void DeleteAcknowledged() {
    while (true) {
      std::vector<RowKey> keys = dispatcher_->TakeAcknowledged(static_cast<std::size_t>(config_.batch_max));
      if (keys.empty()) return;
      sql::Array aggregates, ids;
      for (const RowKey& key : keys) {
        aggregates.Add(key.aggregate_id);
        ids.Add(key.id);
      }
      if (!Query(kDelete, {aggregates, ids})) {
        dispatcher_->NotDeleted(std::move(keys));
        return;
      }
      dispatcher_->Deleted(keys);
    }
  }

  /// True when it did something, so that there may be more to do at once.
  bool Sweep() {
    if (dispatcher_->Overflow() && !(pass_ && pass_->full)) {
      pass_ = MakePass(true);
      dispatcher_->BeginFullSweep();
    }
    if (!dispatcher_->HasRoom()) return false;
    return pass_ ? SweepPage() : CatchUp();
  }

  bool SweepPage() {
    const auto age = std::chrono::duration_cast<std::chrono::microseconds>(config_.sweep_age).count();
    const std::string until = pass_->wrapped ? pass_->start : "";
    const auto rows = Query(kPage, {pass_->after.aggregate_id, pass_->after.aggregate_version, pass_->after.id, until,
                                    pass_->full ? std::int64_t{0} : std::int64_t{age}, config_.batch_max});
    if (!rows) return false;
    bool sent = false;
    std::string waiting;  // the aggregate with a row in flight: deferred now, the catch-up sends the rest of it
    for (std::size_t i = 0; i < rows->size(); ++i) {
      PendingRow row = ToPending((*rows)[i]);
      RowKey key = row.key;
      if (key.aggregate_id != waiting) {
        const Dispatcher::Offer offer = dispatcher_->OfferSwept(std::move(row));
        if (offer == Dispatcher::Offer::kRefused) return sent;
        if (offer == Dispatcher::Offer::kInFlight) waiting = key.aggregate_id;
        sent = sent || offer == Dispatcher::Offer::kSent;
      }
      pass_->after = std::move(key);
    }
    if (rows->size() < static_cast<std::size_t>(config_.batch_max)) EndOfTable();
    return true;
  }

  void EndOfTable() {
    if (!pass_->wrapped) {
      pass_->wrapped = true;
      pass_->after = {};
      return;
    }
    if (pass_->full) dispatcher_->EndFullSweep();
    pass_.reset();
  }

  /// Sends what deferred aggregates left in the table, until they may go direct again.
  bool CatchUp() {
    const std::vector<std::string> aggregates = dispatcher_->BeginCatchUp(kCatchUpAggregates);
    if (aggregates.empty()) return false;
    sql::Array names;
    for (const std::string& aggregate : aggregates) names.Add(aggregate);
    const int limit = config_.batch_max * kCatchUpRowsPerBatch;
    const auto rows = Query(kOfAggregates, {names, limit});
    if (!rows) return false;
    std::set<std::string> finished;
    std::string current, waiting;
    bool sent = false;
    bool cut = rows->size() == static_cast<std::size_t>(limit);
    for (std::size_t i = 0; i < rows->size(); ++i) {
      PendingRow row = ToPending((*rows)[i]);
      if (i > 0 && row.key.aggregate_id != current) finished.insert(current);
      current = row.key.aggregate_id;
      if (current == waiting) continue;
      const Dispatcher::Offer offer = dispatcher_->OfferSwept(std::move(row));
      if (offer == Dispatcher::Offer::kInFlight) waiting = current;
      sent = sent || offer == Dispatcher::Offer::kSent;
      if (offer != Dispatcher::Offer::kRefused) continue;
      cut = true;
      break;
    }
    // Nothing cut: aggregates without rows are finished as well. Those not finished, or with a row in flight, stay deferred.
    bool caught_up = false;
    for (const std::string& aggregate : aggregates) {
      if (!cut || finished.contains(aggregate)) caught_up = dispatcher_->CaughtUp(aggregate) || caught_up;
    }
    return sent || caught_up;
  }

  void Tick() {
    next_tick_ = SteadyClock::now() + config_.sweep_interval;
    const auto rows = Query(kBacklog, {});
    if (!rows) return;
    const double oldest = static_cast<double>((*rows)[0].Int(1)) / 1000;
    Publish((*rows)[0].Int(0), oldest);
    const bool orphans = oldest * 1000 >= static_cast<double>(config_.sweep_age.count());
    if (orphans && !pass_) pass_ = MakePass(false);
    for (const std::string& aggregate : dispatcher_->Suspects(SteadyClock::now())) TryAlone(aggregate);
    cleaner_.RunSlice(connection_);
  }

  void Publish(std::int64_t pending, double oldest_seconds) {
    RelayStats held;
    dispatcher_->FillStats(held);
    pending_gauge_.Set(static_cast<double>(pending));
    oldest_gauge_.Set(oldest_seconds);
    parked_gauge_.Set(static_cast<double>(held.parked));
    const std::lock_guard lock(mutex_);
    backlog_.pending = pending;
    backlog_.oldest_seconds = oldest_seconds;
  }

  /// A broker refuses a whole batch for one record's size: only what is refused alone is really at fault.
  void TryAlone(const std::string& aggregate) {
    sql::Array name;
    name.Add(aggregate);
    const auto rows = Query(kOfAggregates, {name, config_.batch_max});
    if (!rows) return;
    for (std::size_t i = 0; i < rows->size() && !stopping_; ++i) {
      PendingRow row = ToPending((*rows)[i]);
      if (dispatcher_->IsTaken(row.key.id)) continue;
      const RowKey key = row.key;
      const std::size_t bytes = row.record.value.size();
      const std::string topic = row.record.topic;
      const Result<void> sent = dispatcher_->SendAlone(std::move(row), kAloneMax);
      if (sent.ok()) continue;
      if (sent.error().code != ErrorCode::kInvalidArgument) return;  // the broker is away: stays a suspect
      dispatcher_->Park(aggregate, SteadyClock::now() + config_.park_retry);
      log::Error("outbox: the broker refuses a record, its aggregate waits for an operator",
                 {{"aggregate_id", aggregate}, {"message_id", key.id.ToString()}, {"topic", topic}, {"bytes", bytes},
                  log::Why(sent.error())});
      return;
    }
    dispatcher_->Acquit(aggregate);
  }

  const RelayConfig config_;
  sql::Connection connection_;  ///< used by the relay's thread only
  const std::shared_ptr<Dispatcher> dispatcher_;
  InboxCleaner cleaner_;
  metrics::Gauge& pending_gauge_;
  metrics::Gauge& oldest_gauge_;
  metrics::Gauge& parked_gauge_;
  std::optional<Pass> pass_;
  bool failing_ = false;
  SteadyTime next_tick_{};
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  RelayStats backlog_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

Relay::Relay(RelayConfig config, sql::ConnectionConfig sql, kafka::Publisher& publisher)
    : state_(std::make_unique<State>(config, std::move(sql), publisher)) {}
Relay::~Relay() = default;

void Relay::HandOff(std::vector<OutboxRecord> records) { state_->HandOff(std::move(records)); }
void Relay::Start() { state_->Start(); }
void Relay::Stop() { state_->Stop(); }
RelayStats Relay::Stats() const { return state_->Stats(); }

}  // namespace souk::outbox
