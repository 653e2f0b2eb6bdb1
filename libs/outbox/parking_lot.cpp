#include "libs/outbox/parking_lot.hpp"

#include <charconv>

#include "libs/outbox/statements.hpp"

namespace souk::outbox {
namespace {

constexpr std::size_t kReasonBytesMax = 300;

/// Keys and reasons may hold bytes that SQL takes for no text: those are written as %XX, and '%' itself too, so that two keys stay two.
std::string AsText(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '%') {
      text += c;
    } else {
      text += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return text;
}

std::string FromText(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned int byte = 0;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ec == std::errc()) {
      bytes += static_cast<char>(byte);
      i += 2;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

}  // namespace

Result<std::set<std::string>> SqlParkingLot::Keys() {
  const std::lock_guard lock(mutex_);
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection_.Query(kParkedKeys, {group_}));
  std::set<std::string> keys;
  rows.ForEach([&](const sql::Row& row) { keys.insert(FromText(row.View(0))); });
  return keys;
}

Result<bool> SqlParkingLot::Park(const std::string& key, const kafka::Place& place, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  bool parked = false;
  SOUK_RETURN_IF_ERROR(connection_.Run([&](sql::Tx& tx) -> Result<void> {
    parked = tx.Exec(kHasLeft, {group_, AsText(key), AsText(place.topic), place.partition, place.offset}).empty();
    if (parked) {
      tx.Exec(kPark, {group_, AsText(key), AsText(place.topic), place.partition, place.offset, AsText(reason.substr(0, kReasonBytesMax))});
    }
    return {};
  }));
  return parked;
}

Result<bool> SqlParkingLot::Follow(const std::string& key, const kafka::Place& place) {
  const std::lock_guard lock(mutex_);
  bool follows = false;
  // Serializable: whoever takes the last one away at this moment comes before or after, never between.
  SOUK_RETURN_IF_ERROR(connection_.Run([&](sql::Tx& tx) -> Result<void> {
    follows = !tx.Exec(kIsParked, {group_, AsText(key)}).empty();
    if (follows) tx.Exec(kPark, {group_, AsText(key), AsText(place.topic), place.partition, place.offset, "FOLLOWS"});
    return {};
  }));
  return follows;
}

Result<bool> SqlParkingLot::IsFirst(const std::string& key, const kafka::Place& place) {
  const std::lock_guard lock(mutex_);
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection_.Query(kParkedBefore, {group_, AsText(key), AsText(place.topic), place.partition, place.offset}));
  return rows.empty();
}

Result<void> SqlParkingLot::Leave(const std::string& key, const kafka::Place& place) {
  const std::lock_guard lock(mutex_);
  return connection_.Run([&](sql::Tx& tx) -> Result<void> {
    tx.Exec(kUnpark, {group_, AsText(key), AsText(place.topic), place.partition, place.offset});
    return {};
  });
}

}  // namespace souk::outbox
