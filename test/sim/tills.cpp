#include "test/sim/tills.hpp"

#include <fmt/format.h>

namespace souk::sim {
namespace {

constexpr seconds kPatience{4};
constexpr int kAsksMax = 8;

}  // namespace

void Tills::Begin(int count, microseconds time) {
  open_ += count;
  for (int i = 0; i < count; ++i) {
    auto claim = std::make_shared<Claim>();
    claim->id = Uuid::FromName("till", std::to_string(world_.random().Next()));
    claim->lines = {{fmt::format("sku{}", world_.Below(3)), static_cast<std::int64_t>(1 + world_.Below(3))}};
    data_.claims.insert(claim->id);
    world_.After(world_.Between(microseconds(0), time), [this, claim] { Reserve(claim); });
  }
}

void Tills::Send(inventory::Command command, bool through_gate, std::function<void(const inventory::Outcome*)> answered) {
  InventoryNode* node = nodes_[world_.Below(nodes_.size())];
  const auto open = std::make_shared<bool>(true);
  world_.After(kPatience, [open, answered] {
    if (std::exchange(*open, false)) answered(nullptr);
  });
  if (!node->up()) return;
  node->At(world_.Between(milliseconds(1), milliseconds(20)), [this, node, command = std::move(command), through_gate, open, answered] {
    node->Call(command, through_gate, [this, open, answered](const Result<void>& result, const inventory::Outcome& outcome) {
      if (world_.Fault(world_.faults().answer_lost) || !std::exchange(*open, false)) return;
      answered(result.ok() ? &outcome : nullptr);
    });
  });
}

void Tills::Reserve(const ClaimPtr& claim) {
  if (++claim->asks > kAsksMax) return Leave();
  Send(inventory::Reserve{claim->id, claim->lines, world_.Now() + world_.settings().hold}, true, [this, claim](const inventory::Outcome* outcome) {
    if (outcome != nullptr) return Answered(claim, *outcome);
    world_.After(world_.Between(milliseconds(100), seconds(2)), [this, claim] { Reserve(claim); });
  });
}

void Tills::Answered(const ClaimPtr& claim, const inventory::Outcome& outcome) {
  const auto stored = data_.store.Find(claim->id);
  if (outcome.error) {
    const bool held = stored && stored->status == inventory::Status::kHeld && stored->expires_at > world_.Now();
    if (claim->granted && held) world_.Fail(fmt::format("I8: claim {} was granted and is refused: {}", claim->id.ToString(), outcome.error->message));
    return Leave();
  }
  if (!stored) return world_.Fail(fmt::format("I1: claim {} was granted and the ledger does not know it", claim->id.ToString()));
  claim->granted = true;
  world_.Trace("till", fmt::format("{} has its claim", claim->id.ToString().substr(0, 8)));
  const std::uint64_t what = world_.Below(4);
  if (what == 0) return Leave();  // forgets
  if (what == 1 && claim->asks < 3) {
    world_.After(world_.Between(milliseconds(10), seconds(5)), [this, claim] { Reserve(claim); });
    return;
  }
  world_.After(world_.Between(milliseconds(10), seconds(10)), [this, claim, what] { End(claim, what == 2); });
}

void Tills::End(const ClaimPtr& claim, bool sells) {
  inventory::Command command = inventory::Commit{claim->id};
  if (!sells) command = inventory::Release{claim->id, "changed their mind"};
  Send(std::move(command), false, [this, claim, sells](const inventory::Outcome* outcome) {
    if (outcome != nullptr || ++claim->asks > kAsksMax) return Leave();
    world_.After(world_.Between(milliseconds(100), seconds(2)), [this, claim, sells] { End(claim, sells); });
  });
}

}  // namespace souk::sim
