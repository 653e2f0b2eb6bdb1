#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <queue>
#include <string>
#include <thread>
#include <unordered_map>

#include "libs/http/client.hpp"
#include "tools/demo/plan.hpp"
#include "tools/demo/tracker.hpp"

namespace souk::demo {

/// What the shop answered to the calls of a run.
struct Answers {
  std::int64_t accepted = 0;
  std::int64_t replayed = 0;                        ///< accepted in an earlier run, answered again
  std::map<std::string, std::int64_t> refused;      ///< reason -> orders that were not accepted for good
  std::map<std::string, std::int64_t> retried;      ///< reason -> calls made again with the same key
  std::map<std::string, std::int64_t> cancels;      ///< "accepted", "too late", ... -> cancellations asked for
  std::map<std::string, std::int64_t> returns;
  double seconds = 0;                               ///< from the first order to the last answer
};

/// One call of a customer and what came of it.
struct CallMade {
  std::string path;
  std::string key;
  std::chrono::steady_clock::time_point begin;
  std::chrono::steady_clock::time_point end;
  const Result<http::Response>& answer;
};

/// Plays a plan against the shop's front door at a constant rate, and lets the customers act: complete challenges, cancel, send back.
class Replay {
 public:
  Replay(std::string gateway_url, const Plan& plan, double rate);
  ~Replay();

  /// Places the orders from `first` on, each at its time; returns when all are answered for good.
  void Run(std::size_t first, const std::function<void(std::size_t placed, std::size_t total)>& progress);
  /// Told of every call that changes something, on the client's thread. Set before Run().
  void OnCall(std::function<void(const CallMade&)> observer) { observer_ = std::move(observer); }
  /// Events of the orders' topic go here.
  Tracker& tracker() { return tracker_; }
  /// Cancellations and returns that are not yet due.
  std::size_t PendingActions() const;
  Answers answers() const;

 private:
  struct Action {
    std::chrono::steady_clock::time_point due;
    std::function<void()> run;
    bool operator>(const Action& other) const { return due > other.due; }
  };

  void Place(std::size_t index, int attempt);
  void Answered(std::size_t index, int attempt, const Result<http::Response>& answer);
  void Accepted(std::size_t index, const http::Response& answer);
  void OnMoment(Tracker::Moment moment, const std::string& order_id);
  void CompleteChallenge(const std::string& order_id, bool succeed, int attempt);
  void Cancel(const std::string& order_id, const std::string& key, int attempt);
  void Return(const std::string& order_id, const PlannedOrder& order, int attempt);
  void After(std::chrono::milliseconds delay, std::function<void()> action);
  void Post(const std::string& path, const std::string& key, const std::string& body, http::Client::Callback callback);
  void ActionLoop();
  void Done();

  const std::string gateway_url_;
  const Plan& plan_;
  const double rate_;
  std::function<void(const CallMade&)> observer_;
  http::Client client_;
  Tracker tracker_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::priority_queue<Action, std::vector<Action>, std::greater<>> actions_;
  std::unordered_map<std::string, std::size_t> index_of_;  // order id -> plan
  Answers answers_;
  std::size_t open_calls_ = 0;
  bool stopping_ = false;
  std::thread action_thread_;
};

}  // namespace souk::demo
