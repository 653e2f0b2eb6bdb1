// The part of the ledger that moves units in and out, and what a batch adds up to.
#include <algorithm>

#include "services/inventory/domain/ledger.hpp"

namespace souk::inventory {

void Ledger::PutStock(const std::string& sku, const Bucket& bucket) {
  SkuState& state = skus_[sku];
  state.buckets.push_back(bucket);
  state.stored.push_back(bucket);
}

void Ledger::PutSku(SkuInfo info) {
  SkuState& state = skus_[info.sku];
  state.info = std::move(info);
  state.has_info = true;
}

void Ledger::PutMovement(Movement movement) {
  auto key = std::make_pair(movement.id, movement.sku);
  movements_.insert_or_assign(std::move(key), std::move(movement));
}

void Ledger::PutRestocked(const Uuid& reservation, const std::string& sku, std::int64_t quantity) {
  restocked_[{reservation, sku}] += quantity;
}

Ledger::SkuState* Ledger::FindSku(const std::string& sku) {
  const auto it = skus_.find(sku);
  return it == skus_.end() ? nullptr : &it->second;
}

Bucket* Ledger::FindBucket(SkuState& state, std::int64_t number) {
  for (Bucket& bucket : state.buckets) {
    if (bucket.number == number) return &bucket;
  }
  state.buckets.push_back(Bucket{number, 0, 0, 0, 0});
  state.stored.push_back(Bucket{number, 0, 0, 0, 0});
  return &state.buckets.back();
}

std::optional<Level> Ledger::LevelOf(const std::string& sku) const {
  const auto it = skus_.find(sku);
  if (it == skus_.end()) return std::nullopt;
  return SumOf(sku, it->second.buckets);
}

std::vector<Level> Ledger::Levels() const {
  std::vector<Level> levels;
  for (const auto& [sku, state] : skus_) levels.push_back(SumOf(sku, state.buckets));
  std::sort(levels.begin(), levels.end(), [](const Level& a, const Level& b) { return a.sku < b.sku; });
  return levels;
}

Outcome Ledger::On(const Receive& command, const Cause& cause) {
  return Book(command.movement_id, MovementKind::kReceive, command.lines, "", cause);
}

Outcome Ledger::On(const Adjust& command, const Cause& cause) {
  if (FindSku(command.sku) == nullptr) {
    Outcome outcome;
    outcome.error = UnknownSku(command.sku);
    return outcome;
  }
  return Book(command.movement_id, MovementKind::kAdjust, {{command.sku, command.difference}}, command.reason, cause);
}

Outcome Ledger::On(const Correct& command, const Cause& cause) {
  const auto known = movements_.lower_bound({command.movement_id, ""});
  if (known != movements_.end() && known->first.first == command.movement_id) return {};
  const Level level = LevelOf(command.sku).value_or(Level{command.sku, 0, 0, 0, 0});
  const std::int64_t wanted = command.counted ? *command.counted - level.OnHand() : command.difference;
  const std::int64_t booked = std::max(wanted, -level.Available());
  if (booked == 0) return {};
  std::string reason = command.reason;
  if (command.counted) reason += (reason.empty() ? "" : "; ") + ("counted " + std::to_string(*command.counted));
  if (booked != wanted) reason += (reason.empty() ? "" : "; ") + ("asked for " + std::to_string(wanted) + ", the rest is held by customers");
  return Book(command.movement_id, MovementKind::kAdjust, {{command.sku, booked}}, reason, cause);
}

Outcome Ledger::Book(const std::string& id, MovementKind kind, const std::vector<Line>& lines,
                     const std::string& cause, const Cause& from) {
  Outcome outcome;
  std::size_t known = 0;
  for (auto it = movements_.lower_bound({id, ""}); it != movements_.end() && it->first.first == id; ++it) ++known;
  if (known > 0) {
    bool same = known == lines.size();
    for (const Line& line : lines) {
      const auto it = movements_.find({id, line.sku});
      same = same && it != movements_.end() && it->second.kind == kind && it->second.quantity == line.quantity &&
             it->second.cause == cause;
      if (same) outcome.levels.push_back(it->second.after);
    }
    if (!same) {
      outcome.levels.clear();
      outcome.error = MakeError(ErrorCode::kAlreadyExists, "the movement " + id + " exists with other content", "OTHER_CONTENT");
    }
    return outcome;
  }
  for (const Line& line : lines) {
    SkuState& sku = skus_[line.sku];
    if (line.quantity >= 0) {
      FindBucket(sku, 0)->received += line.quantity;
    } else {
      const auto shares = RemoveUnits(sku.buckets, -line.quantity);
      if (shares.empty()) {  // only a correction has negative quantities, and it has one line: nothing to undo
        outcome.error = OutOfStock({{line.sku, -line.quantity, SumOf(line.sku, sku.buckets).Available()}});
        outcome.error->message = "the correction would take units that are reserved or sold";
        return outcome;
      }
      for (const Share& share : shares) FindBucket(sku, share.bucket)->received -= share.quantity;
    }
    if (!sku.touched) {
      sku.touched = true;
      touched_skus_.push_back(line.sku);
    }
    Level after = SumOf(line.sku, sku.buckets);
    ++after.version;  // what Seal will make of it
    Movement movement{id, line.sku, kind, line.quantity, cause, after, from.now};
    outcome.levels.push_back(after);
    changes_.movements.push_back(movement);
    PutMovement(std::move(movement));
  }
  return outcome;
}

std::optional<Error> Ledger::CheckRestock(const Reservation& reservation, const Restock& command) const {
  for (std::size_t i = 0; i < command.lines.size(); ++i) {
    const Line& line = command.lines[i];
    std::int64_t sold = 0;
    for (const Held& held : reservation.held) {
      if (held.sku == line.sku) sold += held.quantity;
    }
    const auto back = restocked_.find({reservation.id, line.sku});
    const std::int64_t left = sold - (back == restocked_.end() ? 0 : back->second);
    if (line.quantity > left) {
      Error error = MakeError(ErrorCode::kFailedPrecondition, "more units than this reservation sold", "RESTOCK_EXCEEDS_SOLD");
      error.fields.push_back({"lines[" + std::to_string(i) + "].quantity",
                              "at most " + std::to_string(left) + " can still be put back"});
      return error;
    }
  }
  return std::nullopt;
}

Outcome Ledger::On(const Restock& command, const Cause& cause) {
  Outcome outcome;
  const auto it = reservations_.find(command.id);
  if (it == reservations_.end()) {
    outcome.error = UnknownReservation(command.id);
    return outcome;
  }
  ReservationState& state = it->second;
  const bool on_the_shelf = state.value.status != Status::kCommitted && state.value.status != Status::kHeld;
  if (state.value.status != Status::kCommitted) {
    // Never sold: the units are on the shelf already, which is what a message wants to hear. A caller made a mistake.
    if (!cause.is_message || !on_the_shelf) outcome.error = WrongState(command.id, state.value.status);
    if (cause.is_message && on_the_shelf) Answer(state, cause, StockRestocked{command.restock_id});
    outcome.reservation = state.value;
    return outcome;
  }
  const std::string key = command.id.ToString();
  const std::string movement_id = "restock:" + key + ":" + command.restock_id;
  const auto first = movements_.lower_bound({movement_id, ""});
  const bool again = first != movements_.end() && first->first.first == movement_id;
  if (!again) {
    outcome.error = CheckRestock(state.value, command);
    if (outcome.error) return outcome;
  }
  outcome = Book(movement_id, MovementKind::kRestock, command.lines, key, cause);
  if (outcome.error) return outcome;
  if (!again) {
    for (const Line& line : command.lines) restocked_[{command.id, line.sku}] += line.quantity;
  }
  Answer(state, cause, StockRestocked{command.restock_id});
  outcome.reservation = state.value;
  return outcome;
}

Outcome Ledger::On(const Catalogue& command, const Cause&) {
  SkuState& sku = skus_[command.info.sku];
  if (sku.has_info && sku.info.version >= command.info.version) return {};
  SkuInfo info = command.info;
  if (info.deleted && sku.has_info) {
    info = sku.info;
    info.deleted = true;
    info.version = command.info.version;
  }
  info.armed = sku.info.armed;
  info.episode = sku.info.episode;
  sku.info = std::move(info);
  sku.has_info = true;
  sku.info_changed = true;
  if (!sku.touched) {
    sku.touched = true;
    touched_skus_.push_back(command.info.sku);
  }
  return {};
}

Outcome Ledger::On(const Spread& command, const Cause&) {
  SkuState* sku = FindSku(command.sku);
  if (sku == nullptr) return {};
  for (std::int64_t number = 0; number < command.buckets; ++number) FindBucket(*sku, number);
  for (const Share& share : SpreadUnits(sku->buckets, command.buckets)) {
    FindBucket(*sku, share.bucket)->received += share.quantity;
  }
  if (!sku->touched) {
    sku->touched = true;
    touched_skus_.push_back(command.sku);
  }
  return {};
}

void Ledger::SealAlert(const std::string& name, SkuState& sku, const Level& after, SystemTime now) {
  if (!sku.has_info || sku.info.low_stock_threshold <= 0) return;
  const bool low = after.Available() <= sku.info.low_stock_threshold;
  if (low != sku.info.armed) return;  // nothing new: low and told, or enough and armed
  sku.info.armed = !low;
  sku.info_changed = true;
  if (!low) return;
  ++sku.info.episode;
  changes_.events.push_back(
      {Uuid::FromName("inventory", "low:" + name + ":" + std::to_string(sku.info.episode)), name,
       std::max<std::int64_t>(after.version, 1), now, commands_ == 0 ? 0 : commands_ - 1,
       StockLow{sku.info.seller_id, after.Available(), sku.info.low_stock_threshold, sku.info.episode}});
}

void Ledger::SealStock(const std::string& name, SystemTime now) {
  SkuState& sku = skus_.at(name);
  const Level before = SumOf(name, sku.stored);
  bool changed = false;
  for (std::size_t i = 0; i < sku.buckets.size(); ++i) {
    Bucket& bucket = sku.buckets[i];
    const Bucket& stored = sku.stored[i];
    if (bucket == stored) continue;
    changed = true;
    changes_.stock.push_back({name, bucket.number, bucket.received - stored.received,
                              bucket.reserved - stored.reserved, bucket.sold - stored.sold, stored.version});
    ++bucket.version;
  }
  const Level after = SumOf(name, sku.buckets);
  if (changed) {
    changes_.levels.push_back({after, after.Available() - before.Available()});
    changes_.events.push_back({Uuid::FromName("inventory", "stock:" + name + ":" + std::to_string(after.version)), name,
                               after.version, now, commands_ == 0 ? 0 : commands_ - 1, StockChanged{after}});
  }
  SealAlert(name, sku, after, now);
  if (sku.info_changed) changes_.skus.push_back(sku.info);
  sku.info_changed = false;
  sku.touched = false;
  sku.stored = sku.buckets;
}

void Ledger::Seal(SystemTime now) {
  for (const std::string& name : touched_skus_) SealStock(name, now);
  touched_skus_.clear();
  // One order of rows for everybody: two writers wait for each other, never in a circle.
  std::sort(changes_.stock.begin(), changes_.stock.end(), [](const StockUpdate& a, const StockUpdate& b) {
    return std::tie(a.sku, a.bucket) < std::tie(b.sku, b.bucket);
  });
  for (const Uuid& id : touched_reservations_) {
    ReservationState& state = reservations_.at(id);
    if (state.value.version == state.stored_version) ++state.value.version;
    if (state.stored_version == 0) {
      changes_.new_reservations.push_back(state.value);
    } else {
      changes_.reservations.emplace_back(state.value, state.stored_version);
    }
    state.stored_version = state.value.version;
    state.touched = false;
  }
  touched_reservations_.clear();
}

Changes Ledger::TakeChanges() {
  commands_ = 0;
  return std::exchange(changes_, {});
}

}  // namespace souk::inventory
