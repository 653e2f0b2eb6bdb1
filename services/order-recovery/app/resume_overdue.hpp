#pragma once

#include <span>
#include <string>

#include "libs/base/clock.hpp"
#include "libs/base/random.hpp"
#include "services/order-recovery/app/ports.hpp"

namespace souk::recovery {

struct ResumeConfig {
  Policy policy;
  std::string who;                          ///< this instance
  std::chrono::milliseconds lease{30'000};  ///< longer than a call to orders may take
  std::chrono::milliseconds call_max{10'000};
};

/// Has orders past their deadline resumed, each by one instance at a time.
class ResumeOverdue {
 public:
  ResumeOverdue(ResumeConfig config, WatchStore& store, Orders& orders, const Clock& clock, Random& random)
      : config_(std::move(config)), store_(store), orders_(orders), clock_(clock), random_(random) {}

  /// Takes up to `limit` orders, asks for all of them at once and keeps what came of it. How many were taken. Blocks.
  Result<std::size_t> RunOnce(int limit);

  /// Keeps what events say.
  Result<void> See(std::span<const Sighting> sightings);

 private:
  Result<void> Keep(const std::vector<Watched>& leased, const std::vector<Result<Answer>>& answers);

  const ResumeConfig config_;
  WatchStore& store_;
  Orders& orders_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace souk::recovery
