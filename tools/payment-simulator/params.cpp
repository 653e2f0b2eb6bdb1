#include "tools/payment-simulator/params.hpp"

#include <charconv>

namespace souk::payment_simulator {

std::optional<std::int64_t> Params::Int(std::string_view name) const {
  const std::string_view text = Get(name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Params::Pairs Params::Metadata() const {
  constexpr std::string_view kPrefix = "metadata[";
  Pairs found;
  for (const auto& [key, value] : pairs_) {
    if (!key.starts_with(kPrefix) || !key.ends_with("]")) continue;
    found.emplace_back(key.substr(kPrefix.size(), key.size() - kPrefix.size() - 1), value);
  }
  return found;
}

bool Params::Expands(std::string_view what) const {
  for (const auto& [key, value] : pairs_) {
    if (key.starts_with("expand[") && value == what) return true;
  }
  return false;
}

}  // namespace souk::payment_simulator
