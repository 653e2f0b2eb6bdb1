#pragma once

#include <cstdint>
#include <string_view>

namespace souk::redis {

inline constexpr std::uint16_t kSlotCount = 16384;

/// The hash slot of a key: CRC16/XMODEM modulo 16384. When the key holds a non-empty `{tag}`, only the first tag counts,
/// so that keys with the same tag live on the same node.
std::uint16_t KeySlot(std::string_view key);

}  // namespace souk::redis
