#pragma once

#include <cstdint>
#include <mutex>
#include <random>

#include "libs/base/clock.hpp"
#include "libs/base/uuid.hpp"

namespace souk {

/// The only source of chance. Seeded in tests and in the simulator.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t Next() = 0;
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }
};

/// Seeded from the operating system; safe to call from many threads.
class SystemRandom final : public Random {
 public:
  std::uint64_t Next() override;
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t Next() override {
    const std::lock_guard lock(mutex_);
    return engine_();
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

Uuid NewUuidV7(const Clock& clock, Random& random);

}  // namespace souk
