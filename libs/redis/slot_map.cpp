#include "libs/redis/slot_map.hpp"

#include <algorithm>
#include <optional>

namespace souk::redis {
namespace {

Error Malformed() { return MakeError(ErrorCode::kInternal, "the answer to CLUSTER SLOTS has an unknown form"); }

std::optional<Endpoint> ReadNode(const Reply& node, const Endpoint& asked) {
  if (node.kind != Reply::Kind::kArray || node.items.size() < 2) return std::nullopt;
  const auto& host = node.items[0];
  const auto& port = node.items[1];
  if (port.kind != Reply::Kind::kInteger || port.integer < 1 || port.integer > 65535) return std::nullopt;
  const bool unnamed = host.kind != Reply::Kind::kString || host.text.empty() || host.text == "?";
  return Endpoint{unnamed ? asked.host : host.text, static_cast<int>(port.integer)};
}

bool IsSlot(const Reply& reply) {
  return reply.kind == Reply::Kind::kInteger && reply.integer >= 0 && reply.integer < kSlotCount;
}

}  // namespace

Result<SlotMap> SlotMap::Parse(const Reply& reply, const Endpoint& asked) {
  if (reply.kind != Reply::Kind::kArray) return Malformed();
  SlotMap map;
  for (const auto& range : reply.items) {
    if (range.kind != Reply::Kind::kArray || range.items.size() < 3) return Malformed();
    if (!IsSlot(range.items[0]) || !IsSlot(range.items[1])) return Malformed();
    const auto primary = ReadNode(range.items[2], asked);
    if (!primary) return Malformed();
    const auto owner = map.Intern(*primary, true);
    for (auto slot = range.items[0].integer; slot <= range.items[1].integer; ++slot) {
      map.owners_[static_cast<std::size_t>(slot)] = owner;
    }
    for (std::size_t i = 3; i < range.items.size(); ++i) {
      if (const auto replica = ReadNode(range.items[i], asked)) map.Intern(*replica, false);
    }
  }
  if (map.nodes_.empty()) return MakeError(ErrorCode::kUnavailable, "the node knows no slots");
  return map;
}

std::uint16_t SlotMap::SetOwner(std::uint16_t slot, const Endpoint& endpoint) {
  return owners_[slot] = Intern(endpoint, true);
}

std::uint16_t SlotMap::Intern(const Endpoint& endpoint, bool primary) {
  const auto at = std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& node) { return node.endpoint == endpoint; });
  if (at != nodes_.end()) {
    at->primary = at->primary || primary;
    return static_cast<std::uint16_t>(at - nodes_.begin());
  }
  nodes_.push_back({endpoint, primary});
  return static_cast<std::uint16_t>(nodes_.size() - 1);
}

std::vector<Endpoint> SlotMap::Primaries() const {
  std::vector<bool> serves(nodes_.size(), false);
  for (const auto owner : owners_) {
    if (owner != kNobody) serves[owner] = true;
  }
  std::vector<Endpoint> primaries;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (serves[i]) primaries.push_back(nodes_[i].endpoint);
  }
  return primaries;
}

bool SlotMap::Complete() const {
  return std::find(owners_.begin(), owners_.end(), kNobody) == owners_.end();
}

std::size_t SlotMap::SlotsOf(std::uint16_t node) const {
  return static_cast<std::size_t>(std::count(owners_.begin(), owners_.end(), node));
}

}  // namespace souk::redis
