#include "services/fulfillment/adapters/sql_shipment_store.hpp"

#include <chrono>
#include <set>

#include "services/fulfillment/adapters/codec.hpp"
#include "services/fulfillment/adapters/statements.hpp"

namespace souk::fulfillment {
namespace {

using sql::Array;

constexpr std::chrono::seconds kReadWait{2};

Shipment ReadShipment(const sql::Row& row) {
  Shipment shipment;
  shipment.id = ShipmentId{row.Id(0)};
  shipment.status = ParseShipmentStatus(row.View(1)).value_or(ShipmentStatus::kNone);
  shipment.version = row.Int(2);
  shipment.stations = row.Int(3);
  shipment.refusal = row.Text(4);
  if (!row.IsNull(5)) shipment.label.tracking_code = row.Text(5);
  shipment.label.deliver_after = std::chrono::milliseconds(row.Int(6));
  shipment.label.gets_lost = row.Bool(7);
  shipment.created_at = row.OptionalTime(8);
  shipment.dispatched_at = row.OptionalTime(9);
  shipment.ended_at = row.OptionalTime(10);
  shipment.next_step_at = row.OptionalTime(11);
  return shipment;
}

std::vector<bool> MarkReceived(sql::Tx& tx, std::span<const Work> works) {
  std::vector<Uuid> ids;
  for (const Work& work : works) {
    if (work.message_id) ids.push_back(*work.message_id);
  }
  std::vector<bool> fresh(works.size(), true);
  if (ids.empty()) return fresh;
  const std::vector<bool> inserted = outbox::InsertInbox(tx, kCommandsGroup, ids);
  std::size_t next = 0;
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (works[i].message_id) fresh[i] = inserted[next++];
  }
  return fresh;
}

void LoadStates(sql::Tx& tx, std::span<const Work> works, Batch& batch) {
  std::set<ShipmentId> all;
  std::set<ShipmentId> with_returns;
  for (const Work& work : works) {
    all.insert(work.shipment_id);
    if (std::holds_alternative<ExpectReturn>(work.command) || std::holds_alternative<ReturnStep>(work.command)) {
      with_returns.insert(work.shipment_id);
    }
  }
  Array ids;
  for (const ShipmentId& id : all) ids.Add(id.uuid);
  tx.Exec(statements::kLoadShipments, {ids}).ForEach([&](const sql::Row& row) { batch.Load(ReadShipment(row)); });
  if (with_returns.empty()) return;
  Array return_ids;
  for (const ShipmentId& id : with_returns) return_ids.Add(id.uuid);
  tx.Exec(statements::kLoadReturns, {return_ids}).ForEach([&](const sql::Row& row) {
    batch.Load(Return{ShipmentId{row.Id(0)}, row.Text(1), row.Bytes(2), row.OptionalTime(3), row.OptionalTime(4)});
  });
}

/// The columns of an insert or an update of shipments.
struct ShipmentColumns {
  Array id, status, version, stations, refusal, tracking_code, deliver_after, gets_lost, lines, ship_to, created_at,
      dispatched_at, ended_at, next_step_at, stored_version;

  void Add(const TrackedShipment& tracked, bool with_content) {
    const Shipment& s = tracked.state;
    id.Add(s.id.uuid);
    status.Add(ToString(s.status));
    version.Add(s.version);
    stations.Add(s.stations);
    refusal.Add(s.refusal);
    if (s.label.tracking_code.empty()) {
      tracking_code.AddNull();
    } else {
      tracking_code.Add(s.label.tracking_code);
    }
    deliver_after.Add(static_cast<std::int64_t>(s.label.deliver_after.count()));
    gets_lost.Add(s.label.gets_lost);
    if (with_content) {
      lines.AddBytes(s.lines);
      ship_to.AddBytes(s.ship_to);
    } else {
      lines.AddNull();
      ship_to.AddNull();
    }
    created_at.Add(s.created_at);
    dispatched_at.Add(s.dispatched_at);
    ended_at.Add(s.ended_at);
    next_step_at.Add(s.next_step_at);
    stored_version.Add(tracked.stored_version);
  }

  std::vector<sql::Param> Params() const {
    return {id,        status, version, stations,   refusal,       tracking_code, deliver_after,
            gets_lost, lines,  ship_to, created_at, dispatched_at, ended_at,      next_step_at};
  }
};

Result<void> SaveShipments(sql::Tx& tx, const Batch& batch) {
  ShipmentColumns inserted;
  ShipmentColumns updated;
  for (const auto& [id, tracked] : batch.shipments()) {
    if (tracked.state.version == tracked.stored_version) continue;
    if (tracked.stored_version == 0) {
      inserted.Add(tracked, true);
    } else {
      updated.Add(tracked, tracked.is_new_content);
    }
  }
  if (!inserted.id.empty()) tx.Exec(statements::kInsertShipments, inserted.Params());
  if (updated.id.empty()) return {};
  std::vector<sql::Param> params = updated.Params();
  params.emplace_back(updated.stored_version);
  const sql::Rows rows = tx.Exec(statements::kUpdateShipments, params);
  if (rows.affected() != static_cast<std::int64_t>(updated.id.size())) {
    return MakeError(ErrorCode::kAborted, "a shipment was changed by another instance");
  }
  return {};
}

void SaveStations(sql::Tx& tx, const Batch& batch) {
  if (batch.stations().empty()) return;
  Array ids, sequences, times, texts;
  for (const Station& station : batch.stations()) {
    ids.Add(station.shipment_id.uuid);
    sequences.Add(station.sequence);
    times.Add(station.at);
    texts.Add(station.what);
  }
  tx.Exec(statements::kInsertStations, {ids, sequences, times, texts});
}

void SaveReturns(sql::Tx& tx, const Batch& batch) {
  Array ids, return_ids, lines, due, received;
  for (const auto& [key, tracked] : batch.returns()) {
    if (!tracked.changed) continue;
    ids.Add(tracked.state.shipment_id.uuid);
    return_ids.Add(tracked.state.return_id);
    lines.AddBytes(tracked.state.lines);
    due.Add(tracked.state.due_at);
    received.Add(tracked.state.received_at);
  }
  if (!ids.empty()) tx.Exec(statements::kSaveReturns, {ids, return_ids, lines, due, received});
}

}  // namespace

Result<void> SqlShipmentStore::Apply(std::span<Work> works) {
  const std::lock_guard lock(mutex_);
  std::vector<outbox::OutboxRecord> records;
  const Result<void> committed = connection_.Run([&](sql::Tx& tx) -> Result<void> {
    records.clear();
    Batch batch;
    const std::vector<bool> fresh = MarkReceived(tx, works);
    LoadStates(tx, works, batch);
    for (std::size_t i = 0; i < works.size(); ++i) {
      if (fresh[i]) batch.Decide(works[i]);
    }
    SOUK_RETURN_IF_ERROR(SaveShipments(tx, batch));
    SaveStations(tx, batch);
    SaveReturns(tx, batch);
    records.reserve(batch.events().size());
    for (const EmittedEvent& event : batch.events()) records.push_back(EncodeEvent(event));
    if (records.empty()) return {};
    return outbox::Append(tx, records);
  });
  if (committed.ok() && !records.empty() && hand_off_) hand_off_(std::move(records));
  return committed;
}

Result<ShipmentDetails> SqlShipmentView::Find(const sql::Statement& statement, const sql::Param& key) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(std::chrono::steady_clock::now() + kReadWait));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(statement, {key}));
  if (rows.empty()) return MakeError(ErrorCode::kNotFound, "there is no such shipment");
  ShipmentDetails details{ReadShipment(rows[0]), {}};
  details.shipment.lines = rows[0].Bytes(12);
  details.shipment.ship_to = rows[0].Bytes(13);
  const ShipmentId id = details.shipment.id;
  SOUK_ASSIGN_OR_RETURN(const sql::Rows stations, connection->Query(statements::kGetStations, {id.uuid}));
  stations.ForEach([&](const sql::Row& row) {
    details.stations.push_back({id, row.Int(0), row.Time(1), row.Text(2)});
  });
  return details;
}

Result<ShipmentDetails> SqlShipmentView::Get(ShipmentId id) { return Find(statements::kGetShipment, id.uuid); }

Result<ShipmentDetails> SqlShipmentView::Track(const std::string& tracking_code) {
  return Find(statements::kTrackShipment, tracking_code);
}

Result<std::vector<DueStep>> SqlShipmentView::Due(SystemTime now, int limit) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(std::chrono::steady_clock::now() + kReadWait));
  std::vector<DueStep> due;
  SOUK_ASSIGN_OR_RETURN(const sql::Rows parcels, connection->Query(statements::kDueShipments, {now, limit}));
  parcels.ForEach([&](const sql::Row& row) { due.push_back({ShipmentId{row.Id(0)}, {}}); });
  SOUK_ASSIGN_OR_RETURN(const sql::Rows goods_back, connection->Query(statements::kDueReturns, {now, limit}));
  goods_back.ForEach([&](const sql::Row& row) { due.push_back({ShipmentId{row.Id(0)}, row.Text(1)}); });
  return due;
}

}  // namespace souk::fulfillment
