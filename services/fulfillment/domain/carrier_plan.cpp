#include "services/fulfillment/domain/carrier_plan.hpp"

#include "libs/base/hash.hpp"

namespace souk::fulfillment {
namespace {

constexpr int kSlowFactor = 20;

std::uint32_t Word(const std::array<std::uint8_t, 32>& hash, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word = (word << 8) | hash[at + i];
  return word;
}

/// 50 % to 150 % of `base`.
std::chrono::milliseconds Vary(std::chrono::milliseconds base, std::uint32_t chance) {
  return base * (500 + chance % 1001) / 1000;
}

}  // namespace

std::variant<Label, std::string> PlanParcel(const CarrierPolicy& policy, ShipmentId id, const Destination& to) {
  if (to.country.empty() || to.country == "XX-NOWHERE") return std::string("ADDRESS_NOT_SERVED");
  const auto hash = Sha256("parcel:" + id.ToString());
  Label label;
  label.tracking_code = "SK" + ToHex(hash.data(), 9);
  label.dispatch_after = Vary(policy.dispatch_after, Word(hash, 12)) * (to.line2 == "SLOW" ? kSlowFactor : 1);
  label.deliver_after = Vary(policy.deliver_after, Word(hash, 16));
  label.gets_lost = to.line2 == "LOSE" || (policy.lose_one_in > 0 && Word(hash, 20) % policy.lose_one_in == 0);
  return label;
}

}  // namespace souk::fulfillment
