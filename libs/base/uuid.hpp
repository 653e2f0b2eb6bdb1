#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace souk {

/// 128-bit identifier, ordered as its bytes (so version 7 orders by time).
class Uuid {
 public:
  Uuid() = default;
  explicit Uuid(std::array<std::uint8_t, 16> bytes) : bytes_(bytes) {}

  /// Parses the 36-character form with hyphens, any case. Nothing else is accepted.
  static std::optional<Uuid> Parse(std::string_view text);

  /// RFC 9562 version 7: 48 bits of milliseconds, then random bits.
  static Uuid V7(std::uint64_t unix_ms, std::uint64_t random_high, std::uint64_t random_low);

  /// RFC 9562 version 8: the first 122 free bits of SHA-256(scope, 0, name). The same input gives the same id: this is
  /// how a repeated cause finds the row it made before.
  static Uuid FromName(std::string_view scope, std::string_view name);

  std::string ToString() const;
  bool IsNil() const { return *this == Uuid{}; }
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  auto operator<=>(const Uuid&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// A Uuid that can't be mixed up with another kind: Id<struct OrderTag>.
template <class Tag>
struct Id {
  Uuid uuid;
  static std::optional<Id> Parse(std::string_view text) {
    auto parsed = Uuid::Parse(text);
    if (!parsed) return std::nullopt;
    return Id{*parsed};
  }
  std::string ToString() const { return uuid.ToString(); }
  auto operator<=>(const Id&) const = default;
};

}  // namespace souk

template <>
struct std::hash<souk::Uuid> {
  std::size_t operator()(const souk::Uuid& id) const noexcept {
    std::uint64_t low = 0;
    for (int i = 8; i < 16; ++i) low = (low << 8) | id.bytes()[static_cast<std::size_t>(i)];
    return static_cast<std::size_t>(low);
  }
};
template <class Tag>
struct std::hash<souk::Id<Tag>> {
  std::size_t operator()(const souk::Id<Tag>& id) const noexcept { return std::hash<souk::Uuid>{}(id.uuid); }
};
