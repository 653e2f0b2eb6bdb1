#pragma once

#include <optional>
#include <string>

#include "services/order-recovery/domain/watched.hpp"

namespace souk::recovery {

/// What orders itself says, where it could be asked.
struct Insight {
  int attempts = 0;                      ///< times orders asked again for the present wait
  std::optional<SystemTime> deadline_at;  ///< of the present wait
  std::optional<SystemTime> give_up_at;  ///< then it is undone
  std::string last_step;                 ///< the newest line of its timeline
};

/// For people: what the order waits for, since when, what was tried, what will happen next.
std::string Explain(const Watched& watched, const std::optional<Insight>& insight, SystemTime now, const Policy& policy);

}  // namespace souk::recovery
