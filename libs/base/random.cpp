#include "libs/base/random.hpp"

namespace souk {

std::uint64_t SystemRandom::Next() {
  thread_local std::mt19937_64 engine = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return engine();
}

Uuid NewUuidV7(const Clock& clock, Random& random) {
  return Uuid::V7(static_cast<std::uint64_t>(ToUnixMillis(clock.Now())), random.Next(), random.Next());
}

}  // namespace souk
