#include "services/notifications/adapters/sender.hpp"

#include <algorithm>

#include "libs/observability/log.hpp"

namespace souk::notifications {
namespace {

using std::chrono::steady_clock;

metrics::Counter& Outcomes(Channel channel, const std::string& outcome) {
  return metrics::GetCounter("souk_notifications_attempts_total", "Attempts to deliver, by outcome",
                             {{"channel", std::string(ToString(channel))}, {"outcome", outcome}});
}

/// Answers of foreign servers may hold anything; what is stored is short ASCII.
std::string Readable(std::string text) {
  constexpr std::size_t kReasonBytesMax = 300;
  text.resize(std::min(text.size(), kReasonBytesMax));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return text;
}

}  // namespace

Sender::Sender(SenderConfig config, const MakeTransport& make, std::function<Result<void>(Work)> submit,
               const Clock& clock, Random& random)
    : config_(config),
      submit_(std::move(submit)),
      clock_(clock),
      random_(random),
      delivered_(Outcomes(config.channel, "delivered")),
      failed_(Outcomes(config.channel, "refused")),
      retried_(Outcomes(config.channel, "try_later")),
      waiting_(metrics::GetGauge("souk_notifications_queue", "Deliveries in memory",
                                 {{"channel", std::string(ToString(config.channel))}})) {
  for (int i = 0; i < config_.workers; ++i) transports_.push_back(make());
  for (const auto& transport : transports_) threads_.emplace_back([this, t = transport.get()] { SendAll(*t); });
}

Sender::~Sender() { Stop(); }

void Sender::Offer(std::vector<Delivery> deliveries) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    for (Delivery& delivery : deliveries) {
      if (queue_.size() >= config_.queue_max) break;
      queue_.push_back(std::move(delivery));
    }
    waiting_.Set(static_cast<double>(queue_.size()));
  }
  wake_.notify_all();
}

int Sender::Room() const {
  const std::lock_guard lock(mutex_);
  if (stopping_ || records_fail_ || IsAway(steady_clock::now())) return 0;
  if (times_away_ > 0) return queue_.empty() ? 1 : 0;  // one delivery finds out whether somebody answers again
  return queue_.size() > config_.queue_max / 2 ? 0 : static_cast<int>(config_.queue_max - queue_.size());
}

void Sender::Stop() {
  std::deque<Delivery> unsent;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    unsent.swap(queue_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  for (const Delivery& delivery : unsent) Report(delivery, {Attempt::Result::kPostponed, "", false});
}

void Sender::SendAll(Transport& transport) {
  std::unique_lock lock(mutex_);
  Delivery delivery;
  while (Next(lock, &delivery)) {
    const bool away = IsAway(steady_clock::now());
    if (!away) AwaitRate(lock);
    lock.unlock();
    // Too late: somebody else may be at it. The store offers it again.
    const bool ours = delivery.leased_until - config_.lease_margin > clock_.Now();
    if (away) {
      Report(delivery, {Attempt::Result::kPostponed, "the channel is away", false});
    } else if (ours) {
      const Attempt attempt = transport.Send(delivery);
      NoteChannel(attempt);
      Report(delivery, attempt);
    }
    lock.lock();
  }
}

bool Sender::Next(std::unique_lock<std::mutex>& lock, Delivery* delivery) {
  wake_.wait(lock, [this] { return stopping_ || MaySend(); });
  if (stopping_) return false;
  *delivery = std::move(queue_.front());
  queue_.pop_front();
  waiting_.Set(static_cast<double>(queue_.size()));
  return true;
}

void Sender::AwaitRate(std::unique_lock<std::mutex>& lock) {
  if (config_.rate_max <= 0) return;
  const SteadyTime slot = std::max(next_slot_, steady_clock::now());
  next_slot_ = slot + std::chrono::microseconds(1'000'000 / config_.rate_max);
  wake_.wait_until(lock, slot, [this, slot] { return stopping_ || steady_clock::now() >= slot; });
}

void Sender::NoteChannel(const Attempt& attempt) {
  const std::lock_guard lock(mutex_);
  if (!attempt.channel_away) {
    if (std::exchange(times_away_, 0) > 0)
      log::Info("the channel answers again", {{"channel", ToString(config_.channel)}});
    return;
  }
  if (++times_away_ == 1)
    log::Warn("the channel is away", {{"channel", ToString(config_.channel)}, {"reason", attempt.reason}});
  const RetryPolicy pause{std::min(config_.retry.retry_min, config_.away_max), config_.away_max, 0};
  away_until_ = steady_clock::now() + BackOff(pause, times_away_, random_.Next());
}

void Sender::Report(const Delivery& delivery, const Attempt& attempt) {
  if (attempt.result == Attempt::Result::kDelivered) delivered_.Increment();
  if (attempt.result == Attempt::Result::kRefused) failed_.Increment();
  if (attempt.result == Attempt::Result::kTryLater) retried_.Increment();
  const SystemTime now = clock_.Now();
  Attempt readable = attempt;
  readable.reason = Readable(attempt.reason);
  Record({delivery.notification_id, After(config_.retry, delivery.attempts, readable, now, random_.Next())});
}

void Sender::Record(RecordAttempt record) {
  Work work;
  work.now = clock_.Now();
  work.command = std::move(record);
  work.done = [this](Work& applied, const Result<void>& result) { NoteRecorded(applied, result); };
  Work copy = work;  // a refused one is kept
  if (const auto submitted = submit_(std::move(work)); !submitted.ok()) NoteRecorded(copy, submitted);
}

void Sender::NoteRecorded(const Work& work, const Result<void>& result) {
  bool resumes = false;
  bool stalls = false;
  {
    const std::lock_guard lock(mutex_);
    const bool again = !result.ok() && IsRetryable(result.error().code);
    resumes = records_fail_ && !again;
    stalls = !records_fail_ && again;
    records_fail_ = again;
    if (again) unrecorded_.push_back(std::get<RecordAttempt>(work.command));
  }
  if (resumes) wake_.notify_all();
  if (stalls)
    log::Warn("attempts can't be recorded, sending stops",
              {{"channel", ToString(config_.channel)}, log::Why(result.error())});
  if (!result.ok() && !IsRetryable(result.error().code)) {
    log::Error("an attempt can't be stored", {{"channel", ToString(config_.channel)}, log::Why(result.error())});
  }
}

void Sender::RetryRecords() {
  std::vector<RecordAttempt> records;
  {
    const std::lock_guard lock(mutex_);
    records.swap(unrecorded_);
  }
  for (RecordAttempt& record : records) Record(std::move(record));
}

}  // namespace souk::notifications
