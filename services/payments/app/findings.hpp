#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "services/payments/app/ports.hpp"

namespace souk::payments {

/// One record in which we and the provider disagree, and what is done about it.
struct Difference {
  std::string payment_id;  ///< empty when the provider's record names no order
  std::string provider_id;
  std::string kind;  ///< "missing_here", "missing_there", "amount", "status" or "refunds"
  std::string ours;
  std::string theirs;
  /// "resolved": we took over what the provider says, which was safe. "waiting": our own call is under way and is asked for. "escalated": only a
  /// person can settle it. "accepted": a person has. "agrees": the two records agree again.
  std::string resolution;
  std::string reason;  ///< why, for people

  Uuid id() const { return Uuid::FromName("finding", payment_id + "\n" + provider_id + "\n" + kind); }
  bool operator==(const Difference&) const = default;
};

/// A difference that is kept until it is settled.
struct Finding {
  Difference difference;
  SystemTime first_seen;
  SystemTime last_seen;
  std::string decided_by;
  std::string note;
};

/// What a run of the reconciliation begins with.
struct Turn {
  std::optional<SystemTime> covered_until;  ///< everything that changed before is compared; none: nothing was yet
};

/// The findings, shared by all instances. Errors as in libs/sql.
class FindingStore {
 public:
  virtual ~FindingStore() = default;
  /// The turn of this instance to run by itself, when one is due: then none is for `interval`. Nothing when somebody else had it.
  virtual Result<std::optional<Turn>> TakeTurn(SystemTime now, std::chrono::milliseconds interval) = 0;
  virtual Result<void> Covered(SystemTime until) = 0;
  /// New ones are added, known ones renewed; what a person has accepted stays accepted while nothing in it changes.
  virtual Result<void> Keep(const std::vector<Difference>& differences, SystemTime now) = 0;
  /// Newest first. `all`: settled ones too.
  virtual Result<std::vector<Finding>> List(bool all, int limit) = 0;
  /// A person takes it as it is. kNotFound.
  virtual Result<Finding> Accept(const Uuid& id, const std::string& who, const std::string& note) = 0;
};

inline bool IsOpen(const Difference& difference) { return difference.resolution == "escalated" || difference.resolution == "waiting"; }

/// For tests and simulations. Thread-safe.
class MemoryFindingStore final : public FindingStore {
 public:
  Result<std::optional<Turn>> TakeTurn(SystemTime now, std::chrono::milliseconds interval) override;
  Result<void> Covered(SystemTime until) override;
  Result<void> Keep(const std::vector<Difference>& differences, SystemTime now) override;
  Result<std::vector<Finding>> List(bool all, int limit) override;
  Result<Finding> Accept(const Uuid& id, const std::string& who, const std::string& note) override;

 private:
  std::mutex mutex_;
  std::map<Uuid, Finding> findings_;
  std::optional<SystemTime> next_at_, covered_until_;
};

}  // namespace souk::payments
