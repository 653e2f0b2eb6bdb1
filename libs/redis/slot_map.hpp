#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/redis/cluster.hpp"

namespace souk::redis {

/// Who serves which slot, as one node told it (CLUSTER SLOTS) and as MOVED corrected it. Not thread-safe.
class SlotMap {
 public:
  struct Node {
    Endpoint endpoint;
    bool primary = false;
  };
  static constexpr std::uint16_t kNobody = 0xFFFF;

  SlotMap() : owners_(kSlotCount, kNobody) {}

  /// Reads a CLUSTER SLOTS reply. `asked` stands in for a host that the answer leaves empty. kInternal when the reply is not of
  /// that form, kUnavailable when it names no slot at all (a node that has left the cluster).
  static Result<SlotMap> Parse(const Reply& reply, const Endpoint& asked);

  /// Index into nodes(), or kNobody.
  std::uint16_t OwnerOf(std::uint16_t slot) const { return owners_[slot]; }
  /// After MOVED. Returns the owner's index, which may be new.
  std::uint16_t SetOwner(std::uint16_t slot, const Endpoint& endpoint);

  const std::vector<Node>& nodes() const { return nodes_; }
  /// Those that serve a slot. A node that MOVED took its last slot from is none any more.
  std::vector<Endpoint> Primaries() const;
  bool Complete() const;
  std::size_t SlotsOf(std::uint16_t node) const;

 private:
  std::uint16_t Intern(const Endpoint& endpoint, bool primary);

  std::vector<std::uint16_t> owners_;
  std::vector<Node> nodes_;
};

}  // namespace souk::redis
