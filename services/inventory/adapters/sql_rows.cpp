#include "services/inventory/adapters/sql_rows.hpp"

#include <algorithm>
#include <charconv>

#include "services/inventory/adapters/statements.hpp"

namespace souk::inventory::rows {
namespace {

constexpr std::int64_t kNowhere = -1;  // the bucket of lines that hold nothing

std::int64_t ParseNumber(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Both kinds of lines are "sku:number:number" joined by commas; no SKU holds either character.
void AddTriple(std::string& text, const std::string& sku, std::int64_t first, std::int64_t second) {
  if (!text.empty()) text += ',';
  text += sku;
  text += ':';
  text += std::to_string(first);
  text += ':';
  text += std::to_string(second);
}

template <class F>
void ForEachTriple(std::string_view text, F&& f) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    const std::size_t first = part.find(':');
    const std::size_t second = part.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return;
    f(std::string(part.substr(0, first)), ParseNumber(part.substr(first + 1, second - first - 1)),
      ParseNumber(part.substr(second + 1)));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
  }
}

std::string FormatShortLines(const std::vector<ShortLine>& lines) {
  std::string text;
  for (const ShortLine& line : lines) AddTriple(text, line.sku, line.requested, line.available);
  return text;
}

std::string FormatLines(const Reservation& reservation) {
  std::string text;
  for (const Held& held : reservation.held) AddTriple(text, held.sku, held.bucket, held.quantity);
  if (!reservation.held.empty()) return text;
  for (const Line& line : reservation.lines) AddTriple(text, line.sku, kNowhere, line.quantity);
  return text;
}

void AddLine(Reservation& reservation, std::string sku, std::int64_t bucket, std::int64_t quantity) {
  // Parts of one line follow each other.
  if (reservation.lines.empty() || reservation.lines.back().sku != sku) reservation.lines.push_back({sku, 0});
  reservation.lines.back().quantity += quantity;
  if (bucket != kNowhere) reservation.held.push_back({std::move(sku), bucket, quantity});
}

template <class T>
sql::Array ToArray(const std::vector<T>& values) {
  sql::Array array;
  for (const T& value : values) array.Add(value);
  return array;
}

template <class T>
void SortUnique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

void LoadReservations(sql::Tx& tx, const std::vector<Uuid>& ids, std::vector<std::string>& skus, Ledger& ledger) {
  tx.Exec(statements::kLockReservations, {ToArray(ids)}).ForEach([&](const sql::Row& row) {
    Reservation reservation = ToReservation(row);
    for (const Line& line : reservation.lines) skus.push_back(line.sku);
    ledger.PutReservation(std::move(reservation));
  });
}

void LoadMovements(sql::Tx& tx, const Touched& touched, Ledger& ledger) {
  if (!touched.movements.empty()) {
    tx.Exec(statements::kMovements, {ToArray(touched.movements)}).ForEach([&](const sql::Row& row) {
      Movement movement;
      movement.id = row.Text(0);
      movement.sku = row.Text(1);
      const std::string_view kind = row.View(2);
      movement.kind = kind == "receive" ? MovementKind::kReceive
                      : kind == "adjust" ? MovementKind::kAdjust
                                         : MovementKind::kRestock;
      movement.quantity = row.Int(3);
      movement.cause = row.Text(4);
      movement.after = Level{movement.sku, row.Int(5), row.Int(6), row.Int(7), row.Int(8)};
      movement.at = row.Time(9);
      ledger.PutMovement(std::move(movement));
    });
  }
  if (!touched.restocks.empty()) {
    tx.Exec(statements::kRestocked, {ToArray(touched.restocks)}).ForEach([&](const sql::Row& row) {
      if (const auto id = Uuid::Parse(row.View(0))) ledger.PutRestocked(*id, row.Text(1), row.Int(2));
    });
  }
}

void LoadStock(sql::Tx& tx, std::vector<std::string>& skus, Ledger& ledger) {
  SortUnique(skus);
  if (skus.empty()) return;
  const sql::Array array = ToArray(skus);
  tx.Exec(statements::kLockStock, {array}).ForEach([&](const sql::Row& row) {
    ledger.PutStock(row.Text(0), Bucket{row.Int(1), row.Int(2), row.Int(3), row.Int(4), row.Int(5)});
  });
  // After the lock, so that the alert's state is not older than the stock.
  tx.Exec(statements::kSkus, {array}).ForEach([&](const sql::Row& row) {
    ledger.PutSku(SkuInfo{row.Text(0), row.Text(1), row.Text(2), row.Int(3), row.Int(4), row.Bool(5), row.Bool(6), row.Int(7)});
  });
}

bool SaveStock(sql::Tx& tx, const std::vector<StockUpdate>& updates) {
  if (updates.empty()) return true;
  sql::Array skus, buckets, received, reserved, sold, versions, new_skus, new_buckets;
  for (const StockUpdate& update : updates) {
    skus.Add(update.sku);
    buckets.Add(update.bucket);
    received.Add(update.received);
    reserved.Add(update.reserved);
    sold.Add(update.sold);
    versions.Add(update.version);
    if (update.version > 0) continue;
    new_skus.Add(update.sku);
    new_buckets.Add(update.bucket);
  }
  if (!new_skus.empty()) tx.Exec(statements::kNewStock, {new_skus, new_buckets});
  const auto result = tx.Exec(statements::kUpdateStock, {skus, buckets, received, reserved, sold, versions});
  return result.affected() == static_cast<std::int64_t>(updates.size());
}

bool SaveNewReservations(sql::Tx& tx, const std::vector<Reservation>& reservations) {
  if (reservations.empty()) return true;
  sql::Array ids, statuses, expires, created, versions, reasons, shorts, lines;
  for (const Reservation& reservation : reservations) {
    ids.Add(reservation.id);
    statuses.Add(static_cast<int>(reservation.status));
    expires.Add(reservation.expires_at);
    created.Add(reservation.created_at);
    versions.Add(reservation.version);
    reasons.Add(reservation.reason);
    shorts.Add(FormatShortLines(reservation.short_lines));
    lines.Add(FormatLines(reservation));
  }
  const auto result =
      tx.Exec(statements::kNewReservations, {ids, statuses, expires, created, versions, reasons, shorts, lines});
  return result.affected() == static_cast<std::int64_t>(reservations.size());
}

bool SaveReservations(sql::Tx& tx, const std::vector<std::pair<Reservation, std::int64_t>>& reservations) {
  if (reservations.empty()) return true;
  sql::Array ids, statuses, versions, reasons, read_versions;
  for (const auto& [reservation, read_version] : reservations) {
    ids.Add(reservation.id);
    statuses.Add(static_cast<int>(reservation.status));
    versions.Add(reservation.version);
    reasons.Add(reservation.reason);
    read_versions.Add(read_version);
  }
  const auto result = tx.Exec(statements::kUpdateReservations, {ids, statuses, versions, reasons, read_versions});
  return result.affected() == static_cast<std::int64_t>(reservations.size());
}

bool SaveMovements(sql::Tx& tx, const std::vector<Movement>& movements) {
  if (movements.empty()) return true;
  sql::Array ids, skus, kinds, quantities, causes, received, reserved, sold, versions, times;
  for (const Movement& movement : movements) {
    ids.Add(movement.id);
    skus.Add(movement.sku);
    kinds.Add(ToString(movement.kind));
    quantities.Add(movement.quantity);
    causes.Add(movement.cause);
    received.Add(movement.after.received);
    reserved.Add(movement.after.reserved);
    sold.Add(movement.after.sold);
    versions.Add(movement.after.version);
    times.Add(movement.at);
  }
  const auto result = tx.Exec(statements::kNewMovements,
                              {ids, skus, kinds, quantities, causes, received, reserved, sold, versions, times});
  return result.affected() == static_cast<std::int64_t>(movements.size());
}

void SaveSkus(sql::Tx& tx, const std::vector<SkuInfo>& infos) {
  if (infos.empty()) return;
  sql::Array skus, names, sellers, thresholds, versions, deleted, armed, episodes;
  for (const SkuInfo& info : infos) {
    skus.Add(info.sku);
    names.Add(info.name);
    sellers.Add(info.seller_id);
    thresholds.Add(info.low_stock_threshold);
    versions.Add(info.version);
    deleted.Add(info.deleted);
    armed.Add(info.armed);
    episodes.Add(info.episode);
  }
  tx.Exec(statements::kSaveSkus, {skus, names, sellers, thresholds, versions, deleted, armed, episodes});
}

}  // namespace

Reservation ToReservation(const sql::Row& row) {
  Reservation reservation;
  reservation.id = row.Id(0);
  reservation.status = static_cast<Status>(row.Int(1));
  reservation.expires_at = row.Time(2);
  reservation.created_at = row.Time(3);
  reservation.version = row.Int(4);
  reservation.reason = row.Text(5);
  ForEachTriple(row.View(6), [&](std::string sku, std::int64_t requested, std::int64_t available) {
    reservation.short_lines.push_back({std::move(sku), requested, available});
  });
  ForEachTriple(row.View(7), [&](std::string sku, std::int64_t bucket, std::int64_t quantity) {
    AddLine(reservation, std::move(sku), bucket, quantity);
  });
  return reservation;
}

Level ToLevel(const sql::Row& row) { return {row.Text(0), row.Int(1), row.Int(2), row.Int(3), row.Int(4)}; }

void Load(sql::Tx& tx, Touched touched, Ledger& ledger) {
  SortUnique(touched.reservations);
  if (!touched.reservations.empty()) LoadReservations(tx, touched.reservations, touched.skus, ledger);
  LoadStock(tx, touched.skus, ledger);
  LoadMovements(tx, touched, ledger);
}

bool Save(sql::Tx& tx, const Changes& changes) {
  if (!SaveStock(tx, changes.stock)) return false;
  if (!SaveNewReservations(tx, changes.new_reservations)) return false;
  if (!SaveReservations(tx, changes.reservations)) return false;
  if (!SaveMovements(tx, changes.movements)) return false;
  SaveSkus(tx, changes.skus);
  return true;
}

}  // namespace souk::inventory::rows
