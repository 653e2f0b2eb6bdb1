#pragma once

#include <chrono>
#include <functional>

namespace souk::testing {

/// Asks `condition` again and again until it holds; false when `patience` was not enough. The one place where tests sleep.
bool Eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience = std::chrono::seconds(15),
                std::chrono::milliseconds pause = std::chrono::milliseconds(10));

}  // namespace souk::testing
