#include <condition_variable>
#include <mutex>
#include <thread>

#include "libs/base/random.hpp"
#include "libs/chassis/service.hpp"

namespace souk::chassis {

struct Periodic::State {
  std::string name;
  std::chrono::milliseconds interval;
  std::function<void()> job;
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::thread thread;

  void Loop() {
    SystemRandom random;
    std::unique_lock lock(mutex);
    while (!stopping) {
      lock.unlock();
      job();
      lock.lock();
      const auto jitter = std::chrono::microseconds(random.Below(static_cast<std::uint64_t>(interval.count()) * 100 + 1));
      wake.wait_for(lock, interval + jitter, [this] { return stopping; });
    }
  }
};

Periodic::Periodic(std::string name, std::chrono::milliseconds interval, std::function<void()> job)
    : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  state_->interval = interval;
  state_->job = std::move(job);
  state_->thread = std::thread([state = state_.get()] { state->Loop(); });
}

void Periodic::Stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_one();
  if (state_->thread.joinable()) state_->thread.join();
}

Periodic::~Periodic() { Stop(); }

}  // namespace souk::chassis
