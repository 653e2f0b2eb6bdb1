#include "services/fulfillment/app/memory_shipment_store.hpp"

#include <algorithm>
#include <utility>

namespace souk::fulfillment {
namespace {

Error NoSuchShipment() { return MakeError(ErrorCode::kNotFound, "there is no such shipment"); }

}  // namespace

Result<void> MemoryShipmentStore::Apply(std::span<Work> works) {
  const std::lock_guard lock(mutex_);
  if (failures_ > 0) {
    --failures_;
    return failure_;
  }
  Batch batch;
  for (const Work& work : works) {
    if (const auto found = shipments_.find(work.shipment_id); found != shipments_.end()) batch.Load(found->second);
  }
  for (const auto& [key, goods] : returns_) batch.Load(goods);
  for (const Work& work : works) {
    if (!work.message_id || inbox_.insert(*work.message_id).second) batch.Decide(work);
  }
  for (const auto& [id, tracked] : batch.shipments()) {
    if (tracked.state.version > tracked.stored_version) shipments_[id] = tracked.state;
  }
  for (const auto& [key, tracked] : batch.returns()) {
    if (tracked.changed) returns_[key] = tracked.state;
  }
  for (const Station& station : batch.stations()) stations_[station.shipment_id].push_back(station);
  events_.insert(events_.end(), batch.events().begin(), batch.events().end());
  return {};
}

Result<ShipmentDetails> MemoryShipmentStore::Get(ShipmentId id) {
  const std::lock_guard lock(mutex_);
  const auto found = shipments_.find(id);
  if (found == shipments_.end() || !found->second.created_at) return NoSuchShipment();
  return ShipmentDetails{found->second, stations_[id]};
}

Result<ShipmentDetails> MemoryShipmentStore::Track(const std::string& tracking_code) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, shipment] : shipments_) {
    if (shipment.created_at && shipment.label.tracking_code == tracking_code)
      return ShipmentDetails{shipment, stations_[id]};
  }
  return NoSuchShipment();
}

Result<std::vector<DueStep>> MemoryShipmentStore::Due(SystemTime now, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<SystemTime, DueStep>> parcels;
  for (const auto& [id, shipment] : shipments_) {
    if (shipment.next_step_at && *shipment.next_step_at <= now) parcels.push_back({*shipment.next_step_at, {id, {}}});
  }
  std::vector<std::pair<SystemTime, DueStep>> goods_back;
  for (const auto& [key, goods] : returns_) {
    if (goods.due_at && *goods.due_at <= now) goods_back.push_back({*goods.due_at, {key.first, key.second}});
  }
  std::vector<DueStep> due;
  for (auto* list : {&parcels, &goods_back}) {
    std::sort(list->begin(), list->end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < std::min(list->size(), static_cast<std::size_t>(limit)); ++i)
      due.push_back((*list)[i].second);
  }
  return due;
}

std::vector<EmittedEvent> MemoryShipmentStore::Events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::vector<EmittedEvent> MemoryShipmentStore::TakeEvents() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

void MemoryShipmentStore::FailNext(int count, Error error) {
  const std::lock_guard lock(mutex_);
  failures_ = count;
  failure_ = std::move(error);
}

}  // namespace souk::fulfillment
