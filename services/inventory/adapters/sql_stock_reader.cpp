#include "services/inventory/adapters/sql_stock_reader.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "services/inventory/adapters/sql_rows.hpp"
#include "services/inventory/adapters/statements.hpp"

namespace souk::inventory {
namespace {

constexpr std::size_t kWaitingMax = 8192;
constexpr std::size_t kSkusPerStatement = 2000;
constexpr std::size_t kIdsPerStatement = 4000;

template <class In, class Out>
struct Ask {
  std::vector<In> keys;
  std::function<void(Result<std::vector<Out>>)> done;
};
using AskLevels = Ask<std::string, Level>;
using AskKnown = Ask<Uuid, Uuid>;
using Job = std::function<void(sql::Connection&)>;

/// Takes whole questions until about `max` keys are together.
template <class Question>
std::vector<Question> TakeSome(std::deque<Question>& waiting, std::size_t max) {
  std::vector<Question> taken;
  std::size_t keys = 0;
  while (!waiting.empty() && (taken.empty() || keys + waiting.front().keys.size() <= max)) {
    keys += waiting.front().keys.size();
    taken.push_back(std::move(waiting.front()));
    waiting.pop_front();
  }
  return taken;
}

void AnswerLevels(sql::Connection& connection, std::vector<AskLevels> questions) {
  std::unordered_set<std::string> wanted;
  for (const auto& question : questions) wanted.insert(question.keys.begin(), question.keys.end());
  sql::Array skus;
  for (const std::string& sku : wanted) skus.Add(sku);
  const auto result = connection.Query(statements::kLevels, {skus});
  if (!result.ok()) {
    for (auto& question : questions) question.done(result.error());
    return;
  }
  std::unordered_map<std::string, Level> found;
  result->ForEach([&](const sql::Row& row) { found.emplace(row.Text(0), rows::ToLevel(row)); });
  for (auto& question : questions) {
    std::vector<Level> levels;
    for (const std::string& sku : question.keys) {
      if (const auto it = found.find(sku); it != found.end()) levels.push_back(it->second);
    }
    question.done(std::move(levels));
  }
}

void AnswerKnown(sql::Connection& connection, std::vector<AskKnown> questions) {
  sql::Array ids;
  for (const auto& question : questions) {
    for (const Uuid& id : question.keys) ids.Add(id);
  }
  const auto result = connection.Query(statements::kKnownReservations, {ids});
  if (!result.ok()) {
    for (auto& question : questions) question.done(result.error());
    return;
  }
  std::unordered_set<Uuid> found;
  result->ForEach([&](const sql::Row& row) { found.insert(row.Id(0)); });
  for (auto& question : questions) {
    std::vector<Uuid> known;
    for (const Uuid& id : question.keys) {
      if (found.contains(id)) known.push_back(id);
    }
    question.done(std::move(known));
  }
}

Result<Reservation> FindOne(sql::Connection& connection, const Uuid& id) {
  SOUK_ASSIGN_OR_RETURN(const sql::Rows head, connection.Query(statements::kReservation, {id}));
  if (head.empty()) return UnknownReservation(id);
  return rows::ToReservation(head[0]);
}

Error TooMany() {
  return MakeError(ErrorCode::kResourceExhausted, "too many reads are waiting, try again later", "QUEUE_FULL");
}

}  // namespace

class SqlStockReader::State {
 public:
  State(sql::ConnectionConfig config, int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this, config] { Loop(config); });
  }
  ~State() { Stop(); }

  template <class Queue, class Question>
  bool Push(Queue State::*queue, Question question) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ || (this->*queue).size() >= kWaitingMax) return false;
      (this->*queue).push_back(std::move(question));
    }
    wake_.notify_one();
    return true;
  }

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  std::deque<AskLevels> levels_;
  std::deque<AskKnown> known_;
  std::deque<Job> jobs_;

 private:
  void Loop(const sql::ConnectionConfig& config) {
    sql::Connection connection(config);
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return stopping_ || !levels_.empty() || !known_.empty() || !jobs_.empty(); });
      if (levels_.empty() && known_.empty() && jobs_.empty()) return;
      auto levels = TakeSome(levels_, kSkusPerStatement);
      auto known = TakeSome(known_, kIdsPerStatement);
      Job job;
      if (!jobs_.empty()) {
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      lock.unlock();
      if (!levels.empty()) AnswerLevels(connection, std::move(levels));
      if (!known.empty()) AnswerKnown(connection, std::move(known));
      if (job) job(connection);
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

SqlStockReader::SqlStockReader(sql::ConnectionConfig config, int threads)
    : state_(std::make_unique<State>(std::move(config), threads)) {}
SqlStockReader::~SqlStockReader() = default;
void SqlStockReader::Stop() { state_->Stop(); }

void SqlStockReader::Levels(std::vector<std::string> skus, std::function<void(Result<std::vector<Level>>)> done) {
  if (!state_->Push(&State::levels_, AskLevels{std::move(skus), done})) done(TooMany());
}

void SqlStockReader::Known(std::vector<Uuid> ids, std::function<void(Result<std::vector<Uuid>>)> done) {
  if (!state_->Push(&State::known_, AskKnown{std::move(ids), done})) done(TooMany());
}

void SqlStockReader::LevelsAfter(std::string after, int limit, std::function<void(Result<std::vector<Level>>)> done) {
  const bool taken = state_->Push(&State::jobs_, Job([after, limit, done](sql::Connection& connection) {
    const auto result = connection.Query(statements::kLevelsAfter, {after, limit});
    if (!result.ok()) return done(result.error());
    std::vector<Level> levels;
    result->ForEach([&](const sql::Row& row) { levels.push_back(rows::ToLevel(row)); });
    done(std::move(levels));
  }));
  if (!taken) done(TooMany());
}

void SqlStockReader::Find(Uuid id, std::function<void(Result<Reservation>)> done) {
  const bool taken =
      state_->Push(&State::jobs_, Job([id, done](sql::Connection& connection) { done(FindOne(connection, id)); }));
  if (!taken) done(TooMany());
}

void SqlStockReader::Overdue(SystemTime now, int limit, std::function<void(Result<std::vector<Uuid>>)> done) {
  const bool taken = state_->Push(&State::jobs_, Job([now, limit, done](sql::Connection& connection) {
    const auto result = connection.Query(statements::kOverdue, {now, limit});
    if (!result.ok()) return done(result.error());
    std::vector<Uuid> ids;
    result->ForEach([&](const sql::Row& row) { ids.push_back(row.Id(0)); });
    done(std::move(ids));
  }));
  if (!taken) done(TooMany());
}

}  // namespace souk::inventory
