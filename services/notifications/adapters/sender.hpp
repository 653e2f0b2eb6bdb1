#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/random.hpp"
#include "libs/observability/metrics.hpp"
#include "services/notifications/adapters/writer.hpp"
#include "services/notifications/app/ports.hpp"

namespace souk::notifications {

struct SenderConfig {
  Channel channel = Channel::kEmail;
  int workers = 1;
  std::size_t queue_max = 2'000;  ///< deliveries in memory; more stay in the store
  int rate_max = 0;               ///< per second over all workers; 0 = no limit
  RetryPolicy retry;
  std::chrono::milliseconds away_max{5'000};  ///< longest pause after the channel was found away
  std::chrono::milliseconds lease_margin{
      15'000};  ///< a lease that ends sooner is not used: the attempt might outlive it
};

/// Sends the deliveries of one channel on a few threads and reports what came of them as works. When nobody answers at
/// the other end it pauses, gives back what it holds and tries with a single delivery from time to time.
class Sender {
 public:
  using MakeTransport = std::function<std::unique_ptr<Transport>()>;

  Sender(SenderConfig config, const MakeTransport& make, std::function<Result<void>(Work)> submit, const Clock& clock,
         Random& random);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// Leased deliveries. What doesn't fit is dropped: its lease ends, and somebody claims it.
  void Offer(std::vector<Delivery> deliveries);
  /// How many deliveries may be claimed for this sender now. Zero while the channel is away or the queue is half full.
  int Room() const;
  /// Offers the store what it could not record when SQL was away. Nothing more is sent before that: whoever sends
  /// without writing it down sends twice.
  void RetryRecords();
  /// Ends the threads; what was not sent is given back.
  void Stop();

 private:
  void SendAll(Transport& transport);
  /// False when stopping.
  bool Next(std::unique_lock<std::mutex>& lock, Delivery* delivery);
  void AwaitRate(std::unique_lock<std::mutex>& lock);
  void Report(const Delivery& delivery, const Attempt& attempt);
  void Record(RecordAttempt record);
  void NoteRecorded(const Work& work, const Result<void>& result);
  void NoteChannel(const Attempt& attempt);
  bool IsAway(SteadyTime now) const { return now < away_until_; }
  bool MaySend() const { return !queue_.empty() && !records_fail_; }

  const SenderConfig config_;
  const std::function<Result<void>(Work)> submit_;
  const Clock& clock_;
  Random& random_;
  metrics::Counter& delivered_;
  metrics::Counter& failed_;
  metrics::Counter& retried_;
  metrics::Gauge& waiting_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Delivery> queue_;
  std::vector<RecordAttempt> unrecorded_;
  bool records_fail_ = false;  ///< from a failed record until the next that succeeds
  std::vector<std::unique_ptr<Transport>> transports_;
  std::vector<std::thread> threads_;
  SteadyTime next_slot_{};
  SteadyTime away_until_{};
  int times_away_ = 0;  ///< in a row
  bool stopping_ = false;
};

}  // namespace souk::notifications
