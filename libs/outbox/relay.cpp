#include "libs/outbox/relay.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "libs/base/random.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"
#include "libs/outbox/dispatcher.hpp"
#include "libs/outbox/inbox_cleaner.hpp"
#include "libs/outbox/row.hpp"
#include "libs/outbox/statements.hpp"
#include "libs/outbox/sweeper.hpp"

namespace souk::outbox {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kDrainAtStop{5'000};

/// The relay's statements name hundreds of rows at a time.
sql::ConnectionConfig ForLargeArrays(sql::ConnectionConfig config) {
  config.plans_for_values = true;
  return config;
}

/// The outbox table through the relay's own connection.
class SqlTable final : public PendingTable {
 public:
  explicit SqlTable(sql::Connection& connection) : connection_(connection) {}

  std::optional<std::vector<PendingRow>> Page(const RowKey& after, const std::string& until, milliseconds age, int limit) override {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(age).count();
    return Rows(Query(kPage, {after.aggregate_id, after.aggregate_version, after.id, until, std::int64_t{micros}, limit}));
  }
  std::optional<std::vector<PendingRow>> OfAggregates(const std::vector<std::string>& names, int limit) override {
    sql::Array array;
    for (const std::string& name : names) array.Add(name);
    return Rows(Query(kOfAggregates, {array, limit}));
  }
  bool Delete(const std::vector<RowKey>& keys) override {
    sql::Array aggregates, ids;
    for (const RowKey& key : keys) {
      aggregates.Add(key.aggregate_id);
      ids.Add(key.id);
    }
    return Query(kDelete, {aggregates, ids}).has_value();
  }
  std::optional<Backlog> Count() override {
    const auto rows = Query(kBacklog, {});
    if (!rows) return std::nullopt;
    return Backlog{(*rows)[0].Int(0), milliseconds((*rows)[0].Int(1))};
  }

 private:
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
  static std::optional<std::vector<PendingRow>> Rows(const std::optional<sql::Rows>& rows) {
    if (!rows) return std::nullopt;
    std::vector<PendingRow> pending;
    pending.reserve(rows->size());
    rows->ForEach([&](const sql::Row& row) { pending.push_back(ToPending(row)); });
    return pending;
  }

  sql::Connection& connection_;
  bool failing_ = false;
};

}  // namespace

class Relay::State {
 public:
  State(RelayConfig config, sql::ConnectionConfig sql, kafka::Publisher& publisher)
      : config_(config),
        connection_(ForLargeArrays(std::move(sql))),
        table_(connection_),
        dispatcher_(std::make_shared<Dispatcher>(config_, publisher)),
        sweeper_(config_, table_, *dispatcher_, random_),
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
      sweeper_.DeleteAcknowledged();
      const bool progress = sweeper_.Sweep();
      if (SteadyClock::now() >= next_tick_) Tick();
      if (!progress) Wait(config_.delete_interval);
    }
    const auto deadline = SteadyClock::now() + kDrainAtStop;
    while (dispatcher_->InFlight() > 0 && SteadyClock::now() < deadline) {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, milliseconds(5));
    }
    sweeper_.DeleteAcknowledged();
  }

  void Wait(milliseconds time) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, time, [this] { return stopping_.load(); });
  }

  void Tick() {
    next_tick_ = SteadyClock::now() + config_.sweep_interval;
    const auto backlog = sweeper_.LookForOrphans();
    if (!backlog) return;
    Publish(backlog->rows, static_cast<double>(backlog->oldest.count()) / 1000);
    sweeper_.TrySuspects(SteadyClock::now());
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

  const RelayConfig config_;
  sql::Connection connection_;  ///< used by the relay's thread only
  SqlTable table_;
  const std::shared_ptr<Dispatcher> dispatcher_;
  SystemRandom random_;
  Sweeper sweeper_;
  InboxCleaner cleaner_;
  metrics::Gauge& pending_gauge_;
  metrics::Gauge& oldest_gauge_;
  metrics::Gauge& parked_gauge_;
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
