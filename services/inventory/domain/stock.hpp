#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"

namespace souk::inventory {

/// A quantity of one SKU.
struct Line {
  std::string sku;
  std::int64_t quantity = 0;
  bool operator==(const Line&) const = default;
};

/// A line that could not be claimed.
struct ShortLine {
  std::string sku;
  std::int64_t requested = 0;
  std::int64_t available = 0;
  bool operator==(const ShortLine&) const = default;
};

/// What is known about one SKU: the sum of its buckets.
struct Level {
  std::string sku;
  std::int64_t received = 0;
  std::int64_t reserved = 0;
  std::int64_t sold = 0;
  std::int64_t version = 0;  ///< rises with every change
  std::int64_t OnHand() const { return received - sold; }
  std::int64_t Available() const { return received - sold - reserved; }
  bool operator==(const Level&) const = default;
};

/// One ledger row. A SKU that many instances want at once has several, so that they do not wait for each other; a
/// unit is in exactly one of them. Always 0 <= reserved, 0 <= sold, reserved + sold <= received.
struct Bucket {
  std::int64_t number = 0;
  std::int64_t received = 0;
  std::int64_t reserved = 0;
  std::int64_t sold = 0;
  std::int64_t version = 0;
  std::int64_t Available() const { return received - reserved - sold; }
  bool Valid() const { return reserved >= 0 && sold >= 0 && reserved + sold <= received; }
  bool operator==(const Bucket&) const = default;
};

/// Part of a claim: units of one bucket.
struct Share {
  std::int64_t bucket = 0;
  std::int64_t quantity = 0;
  bool operator==(const Share&) const = default;
};

/// Chooses the buckets that give `quantity` units: the preferred one when it has enough, else the fullest one that has,
/// else as few as possible. Empty only when all buckets together have too little: the last unit can always be sold.
std::vector<Share> AllocateUnits(std::span<const Bucket> buckets, std::int64_t quantity, std::uint64_t preference);

/// Chooses the buckets that lose `quantity` available units (a correction downwards). Empty when there are too few.
std::vector<Share> RemoveUnits(std::span<const Bucket> buckets, std::int64_t quantity);

/// How many units each bucket gives (negative) or gets (positive) so that the available units lie evenly in `count`
/// buckets, numbers 0 to count - 1, and none elsewhere. The shares sum to 0; no bucket gives what is claimed or sold.
std::vector<Share> SpreadUnits(std::span<const Bucket> buckets, std::int64_t count);

Level SumOf(const std::string& sku, std::span<const Bucket> buckets);

}  // namespace souk::inventory
