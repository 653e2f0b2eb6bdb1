#include "libs/base/clock.hpp"

namespace souk {

SystemTime SystemClock::Now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace souk
