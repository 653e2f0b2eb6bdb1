#include "services/inventory/domain/ledger.hpp"

#include <algorithm>

namespace souk::inventory {

void Ledger::PutReservation(Reservation reservation) {
  const Uuid id = reservation.id;
  const std::int64_t version = reservation.version;
  reservations_[id] = ReservationState{std::move(reservation), version, false};
}

const Reservation* Ledger::Find(const Uuid& id) const {
  const auto it = reservations_.find(id);
  return it == reservations_.end() ? nullptr : &it->second.value;
}

std::vector<Uuid> Ledger::Overdue(SystemTime now) const {
  std::vector<std::pair<SystemTime, Uuid>> due;
  for (const auto& [id, state] : reservations_) {
    const bool over = state.value.status == Status::kHeld && state.value.expires_at <= now;
    if (over) due.emplace_back(state.value.expires_at, id);
  }
  std::sort(due.begin(), due.end());
  std::vector<Uuid> ids;
  for (const auto& [expires_at, id] : due) ids.push_back(id);
  return ids;
}

Outcome Ledger::Apply(const Command& command, const Cause& cause) {
  const std::size_t events = changes_.events.size();
  Outcome outcome = std::visit([&](const auto& value) { return On(value, cause); }, command);
  outcome.answered = changes_.events.size() > events;
  ++commands_;
  return outcome;
}

Outcome Ledger::On(const Reserve& command, const Cause& cause) {
  if (const auto it = reservations_.find(command.id); it != reservations_.end()) {
    return ReserveAgain(it->second, command, cause);
  }
  std::vector<ShortLine> short_lines;
  for (const Line& line : command.lines) {
    const SkuState* sku = FindSku(line.sku);
    if (sku == nullptr) return Reject(command, cause, {{line.sku, line.quantity, 0}}, "UNKNOWN_SKU", UnknownSku(line.sku));
    std::int64_t available = 0;
    for (const Bucket& bucket : sku->buckets) available += bucket.Available();
    if (available < line.quantity) short_lines.push_back({line.sku, line.quantity, available});
  }
  if (!short_lines.empty()) {
    Error error = OutOfStock(short_lines);
    return Reject(command, cause, std::move(short_lines), "OUT_OF_STOCK", std::move(error));
  }
  ReservationState& state = reservations_[command.id];
  state.value = Reservation{command.id, Status::kHeld, command.lines, {}, {}, {}, command.expires_at, cause.now, 0};
  Claim(state.value);
  Touch(state);
  Answer(state, cause, StockReserved{command.expires_at});
  Outcome outcome;
  outcome.reservation = state.value;
  outcome.took_units = true;
  return outcome;
}

void Ledger::Claim(Reservation& reservation) {
  for (const Line& line : reservation.lines) {
    SkuState& sku = *FindSku(line.sku);
    for (const Share& share : AllocateUnits(sku.buckets, line.quantity, preference_)) {
      FindBucket(sku, share.bucket)->reserved += share.quantity;
      reservation.held.push_back({line.sku, share.bucket, share.quantity});
    }
    if (!sku.touched) {
      sku.touched = true;
      touched_skus_.push_back(line.sku);
    }
  }
}

Outcome Ledger::ReserveAgain(ReservationState& state, const Reserve& command, const Cause& cause) {
  Reservation& known = state.value;
  Outcome outcome;
  if (!known.IsTombstone() && known.lines != command.lines) {
    outcome.error = MakeError(ErrorCode::kAlreadyExists,
                              "the reservation " + known.id.ToString() + " exists with other lines", "OTHER_CONTENT");
    return outcome;
  }
  if (known.status == Status::kHeld && known.expires_at <= cause.now) ExpireNow(state, cause);
  switch (known.status) {
    case Status::kHeld:
    case Status::kCommitted:
      Answer(state, cause, StockReserved{known.expires_at});
      break;
    case Status::kRejected:
      outcome.error = known.reason == "UNKNOWN_SKU" && !known.short_lines.empty()
                          ? UnknownSku(known.short_lines.front().sku)
                          : OutOfStock(known.short_lines);
      Answer(state, cause, StockRejected{known.short_lines, known.reason});
      break;
    case Status::kReleased:
    case Status::kExpired:
      outcome.error = WrongState(known.id, known.status);
      Answer(state, cause, StockRejected{{}, "CANCELLED"});
      break;
  }
  outcome.reservation = known;
  return outcome;
}

Outcome Ledger::Reject(const Reserve& command, const Cause& cause, std::vector<ShortLine> short_lines,
                       std::string reason, Error error) {
  Outcome outcome;
  outcome.error = std::move(error);
  if (!cause.is_message) return outcome;  // a caller may try again under the same id; nothing is kept
  ReservationState& state = reservations_[command.id];
  state.value = Reservation{command.id, Status::kRejected,     command.lines, {}, std::move(short_lines),
                            std::move(reason), command.expires_at, cause.now,     0};
  Answer(state, cause, StockRejected{state.value.short_lines, state.value.reason});
  outcome.reservation = state.value;
  return outcome;
}

void Ledger::EndClaim(ReservationState& state, Status status, std::int64_t sold_sign) {
  for (const Held& held : state.value.held) {
    SkuState& sku = *FindSku(held.sku);
    Bucket& bucket = *FindBucket(sku, held.bucket);
    bucket.reserved -= held.quantity;
    bucket.sold += sold_sign * held.quantity;
    if (!sku.touched) {
      sku.touched = true;
      touched_skus_.push_back(held.sku);
    }
  }
  state.value.status = status;
  Touch(state);
}

void Ledger::ExpireNow(ReservationState& state, const Cause& cause) {
  EndClaim(state, Status::kExpired, 0);
  // Told to everybody, whatever brought the news: the sweep, or a commit that came too late.
  Answer(state, Cause{true, cause.message_id, cause.now}, ReservationExpired{});
}

Outcome Ledger::On(const Release& command, const Cause& cause) {
  Outcome outcome;
  auto it = reservations_.find(command.id);
  if (it == reservations_.end()) {
    if (!cause.is_message) {
      outcome.error = UnknownReservation(command.id);
      return outcome;
    }
    // The undo came before the do: the tombstone refuses the late Reserve.
    it = reservations_.emplace(command.id, ReservationState{}).first;
    it->second.value =
        Reservation{command.id, Status::kReleased, {}, {}, {}, command.reason, cause.now, cause.now, 0};
  }
  ReservationState& state = it->second;
  if (state.value.status == Status::kCommitted) {
    outcome.error = WrongState(command.id, state.value.status);
    return outcome;
  }
  if (state.value.status == Status::kHeld) {
    state.value.reason = command.reason;
    EndClaim(state, Status::kReleased, 0);
  }
  Answer(state, cause, StockReleased{});
  outcome.reservation = state.value;
  return outcome;
}

Outcome Ledger::On(const Commit& command, const Cause& cause) {
  Outcome outcome;
  const auto it = reservations_.find(command.id);
  if (it == reservations_.end()) {
    outcome.error = UnknownReservation(command.id);
    if (cause.is_message) {
      // No row to count versions in: the message's own id makes the answer unique.
      changes_.events.push_back({Uuid::FromName("inventory", cause.message_id.ToString() + ":unknown"),
                                 command.id.ToString(), 1, cause.now, commands_, StockCommitFailed{"UNKNOWN"}});
    }
    return outcome;
  }
  ReservationState& state = it->second;
  if (state.value.status == Status::kHeld && state.value.expires_at <= cause.now) ExpireNow(state, cause);
  if (state.value.status == Status::kHeld) EndClaim(state, Status::kCommitted, 1);
  if (state.value.status == Status::kCommitted) {
    Answer(state, cause, StockCommitted{});
  } else {
    outcome.error = WrongState(command.id, state.value.status);
    Answer(state, cause, StockCommitFailed{state.value.status == Status::kExpired ? "EXPIRED" : "RELEASED"});
  }
  outcome.reservation = state.value;
  return outcome;
}

Outcome Ledger::On(const Expire& command, const Cause& cause) {
  Outcome outcome;
  const auto it = reservations_.find(command.id);
  if (it == reservations_.end()) return outcome;
  const Reservation& known = it->second.value;
  if (known.status == Status::kHeld && known.expires_at <= cause.now) ExpireNow(it->second, cause);
  outcome.reservation = it->second.value;
  return outcome;
}

void Ledger::Touch(ReservationState& state) {
  if (state.touched) return;
  state.touched = true;
  touched_reservations_.push_back(state.value.id);
}

void Ledger::Answer(ReservationState& state, const Cause& cause, EventBody body) {
  if (!cause.is_message) return;  // a call is answered through its connection
  Touch(state);
  ++state.value.version;
  const std::string key = state.value.id.ToString();
  changes_.events.push_back({Uuid::FromName("inventory", key + ":" + std::to_string(state.value.version)), key,
                             state.value.version, cause.now, commands_, std::move(body)});
}

}  // namespace souk::inventory
