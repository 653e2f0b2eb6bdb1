#include "libs/testing/eventually.hpp"

#include <thread>

namespace souk::testing {

bool Eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience, std::chrono::milliseconds pause) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace souk::testing
