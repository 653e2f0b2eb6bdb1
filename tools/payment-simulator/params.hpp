#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace souk::payment_simulator {

/// A form body or query: "amount=1230&metadata[order_id]=x". Nested names stay as they are written.
class Params {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  Params() = default;
  explicit Params(Pairs pairs) : pairs_(std::move(pairs)) {}

  std::string_view Get(std::string_view name) const {
    for (const auto& [key, value] : pairs_) {
      if (key == name) return value;
    }
    return {};
  }
  bool Has(std::string_view name) const {
    for (const auto& pair : pairs_) {
      if (pair.first == name) return true;
    }
    return false;
  }
  /// A whole number; nothing when absent or malformed.
  std::optional<std::int64_t> Int(std::string_view name) const;
  /// The pairs of "metadata[...]".
  Pairs Metadata() const;
  /// True when "expand[]" or "expand[0]" names `what`.
  bool Expands(std::string_view what) const;

 private:
  Pairs pairs_;
};

}  // namespace souk::payment_simulator
