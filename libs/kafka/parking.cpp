#include "libs/kafka/parking.hpp"

#include <algorithm>
#include <thread>
#include <unordered_set>

#include "libs/kafka/dead_letter.hpp"
#include "libs/observability/log.hpp"

namespace souk::kafka {
namespace {

/// The record was understood and nothing comes of it: what follows need not wait. What can't be read or stored is another matter.
bool IsRefusal(ErrorCode code) {
  return code == ErrorCode::kNotFound || code == ErrorCode::kFailedPrecondition || code == ErrorCode::kAlreadyExists || code == ErrorCode::kPermissionDenied;
}

Place PlaceOf(const Record& record) { return {record.topic, record.partition, record.offset}; }

}  // namespace

Error AsRefusal(Error error) {
  if (!IsRefusal(error.code)) error.code = ErrorCode::kFailedPrecondition;
  return error;
}

Result<std::set<std::string>> MemoryParkingLot::Keys() {
  const std::lock_guard lock(mutex_);
  std::set<std::string> keys;
  for (const auto& [key, places] : parked_) keys.insert(key);
  return keys;
}

Result<bool> MemoryParkingLot::Park(const std::string& key, const Place& place, const std::string&) {
  const std::lock_guard lock(mutex_);
  if (left_.contains(place)) return false;
  parked_[key].insert(place);
  return true;
}

Result<bool> MemoryParkingLot::Follow(const std::string& key, const Place& place) {
  const std::lock_guard lock(mutex_);
  const auto found = parked_.find(key);
  if (found == parked_.end()) return false;
  found->second.insert(place);
  return true;
}

Result<bool> MemoryParkingLot::IsFirst(const std::string& key, const Place& place) {
  const std::lock_guard lock(mutex_);
  const auto found = parked_.find(key);
  if (found == parked_.end()) return true;
  for (const Place& other : found->second) {
    if (other.topic == place.topic && other.partition == place.partition && other.offset < place.offset) return false;
  }
  return true;
}

Result<void> MemoryParkingLot::Leave(const std::string& key, const Place& place) {
  const std::lock_guard lock(mutex_);
  const auto found = parked_.find(key);
  if (found == parked_.end()) return {};
  if (found->second.erase(place) > 0) left_.insert(place);
  if (found->second.empty()) parked_.erase(found);
  return {};
}

Parking::Parking(ParkingConfig config, JudgingHandler handler, ParkingLot* lot, Publisher& publisher)
    : config_(std::move(config)), handler_(std::move(handler)), lot_(lot), publisher_(publisher) {}

ConsumerConfig Parking::Subscribe(ConsumerConfig config) {
  config.group = config_.group;
  config.topics.push_back(RedriveTopic(config_.group));
  config.on_assigned = [this] { reload_ = true; };
  return config;
}

Result<void> Parking::Reload() {
  if (lot_ == nullptr || !reload_) return {};
  SOUK_ASSIGN_OR_RETURN(keys_, lot_->Keys());
  reload_ = false;
  return {};
}

bool Parking::IsPlain(const std::vector<Record>& records) const {
  std::unordered_set<std::string_view> seen;
  const std::string redrive = RedriveTopic(config_.group);
  for (const Record& record : records) {
    if (record.topic == redrive) return false;
    if (lot_ == nullptr) continue;
    if (!seen.insert(record.key).second || keys_.contains(record.key)) return false;
  }
  return true;
}

Result<void> Parking::Handle(std::vector<Record>& records) {
  SOUK_RETURN_IF_ERROR(Reload());
  std::vector<Item> items;
  items.reserve(records.size());
  if (IsPlain(records)) {
    for (Record& record : records) items.push_back({&record, false});
    return Apply(items);
  }
  const std::string redrive = RedriveTopic(config_.group);
  std::vector<Record> restored;  // the batch itself stays as it came, in case all of it has to come again
  restored.reserve(records.size());
  for (Record& record : records) {
    if (record.topic != redrive) {
      items.push_back({&record, false});
      continue;
    }
    SOUK_ASSIGN_OR_RETURN(const bool applies, Restore(restored.emplace_back(record)));
    if (applies) items.push_back({&restored.back(), true});
  }
  // Round by round, so that a record is applied only when the one before it of the same key was applied or parked.
  while (!items.empty()) {
    std::vector<Item> round, later;
    std::unordered_set<std::string_view> seen;
    for (const Item& item : items) {
      const bool waits = lot_ != nullptr && !seen.insert(item.record->key).second;
      (waits ? later : round).push_back(item);
    }
    SOUK_ASSIGN_OR_RETURN(const std::vector<Item> admitted, Admit(round));
    SOUK_RETURN_IF_ERROR(Apply(admitted));
    items = std::move(later);
  }
  return {};
}

Result<bool> Parking::Restore(Record& record) {
  const bool drops = IsDrop(record);
  Result<Record> before = Redriven(record);
  if (!before.ok()) {
    log::Warn("a record of the redrive topic is no dead letter", {{"group", config_.group}, {"key", record.key}});
    return false;
  }
  record = std::move(*before);
  if (!drops) return true;
  if (lot_ != nullptr) SOUK_RETURN_IF_ERROR(lot_->Leave(record.key, PlaceOf(record)));
  reload_ = true;
  SOUK_RETURN_IF_ERROR(Reload());
  return false;
}

Result<std::vector<Parking::Item>> Parking::Admit(const std::vector<Item>& items) {
  std::vector<Item> admitted;
  for (const Item& item : items) {
    SOUK_ASSIGN_OR_RETURN(const bool may, Admit(item));
    if (may) admitted.push_back(item);
  }
  return admitted;
}

Result<bool> Parking::Admit(const Item& item) {
  const Record& record = *item.record;
  if (lot_ == nullptr) return true;
  if (item.redriven) {
    SOUK_ASSIGN_OR_RETURN(const bool first, lot_->IsFirst(record.key, PlaceOf(record)));
    if (first) return true;
  } else {
    if (!keys_.contains(record.key)) return true;
    SOUK_ASSIGN_OR_RETURN(const bool follows, lot_->Follow(record.key, PlaceOf(record)));
    if (!follows) {
      keys_.erase(record.key);  // redriven meanwhile, by whoever has the redrive topic
      return true;
    }
  }
  SOUK_RETURN_IF_ERROR(DeadLetter(publisher_, config_.group, record, "FOLLOWS: an earlier record of this key is parked", 0));
  return false;
}

Result<void> Parking::Apply(const std::vector<Item>& items) {
  std::vector<Item> open = items;
  std::vector<Error> errors;
  for (int attempt = 1; !open.empty(); ++attempt) {
    const std::vector<Item> before = open;
    SOUK_RETURN_IF_ERROR(Try(open, errors));
    for (const Item& item : before) {
      const bool failed = std::any_of(open.begin(), open.end(), [&](const Item& other) { return other.record == item.record; });
      if (!failed && item.redriven && lot_ != nullptr) SOUK_RETURN_IF_ERROR(lot_->Leave(item.record->key, PlaceOf(*item.record)));
    }
    if (open.empty()) return {};
    if (attempt >= config_.attempts_max) break;
    BackOff(attempt);
  }
  for (std::size_t i = 0; i < open.size(); ++i) SOUK_RETURN_IF_ERROR(Park(open[i], errors[i], config_.attempts_max));
  return {};
}

Result<void> Parking::Try(std::vector<Item>& items, std::vector<Error>& errors) {
  std::vector<Record> batch;
  batch.reserve(items.size());
  for (const Item& item : items) batch.push_back(std::move(*item.record));
  Result<Verdicts> verdicts = handler_(batch);
  for (std::size_t i = 0; i < items.size(); ++i) *items[i].record = std::move(batch[i]);
  if (!verdicts.ok()) return verdicts.error();
  std::vector<Item> failed;
  errors.clear();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!(*verdicts)[i]) continue;
    if (IsRetryable((*verdicts)[i]->code)) return *(*verdicts)[i];
    if (IsRefusal((*verdicts)[i]->code)) {
      SOUK_RETURN_IF_ERROR(Park(items[i], *(*verdicts)[i], 1));
      continue;
    }
    failed.push_back(items[i]);
    errors.push_back(*(*verdicts)[i]);
  }
  items = std::move(failed);
  return {};
}

Result<void> Parking::Park(const Item& item, const Error& error, int attempts) {
  const Record& record = *item.record;
  log::Warn("a record was parked", {{"group", config_.group}, {"topic", record.topic}, {"partition", record.partition},
                                    {"offset", record.offset}, {"key", record.key}, log::Why(error)});
  const std::string reason = (error.reason.empty() ? std::string(ToString(error.code)) : error.reason) + ": " + error.message;
  if (lot_ != nullptr && !record.key.empty() && !IsRefusal(error.code)) {
    // First the place in the order, then the letter: a death in between leaves a key that waits, never one that is overtaken.
    SOUK_ASSIGN_OR_RETURN(const bool parked, lot_->Park(record.key, PlaceOf(record), reason));
    if (!parked) return {};  // an operator gave it up, and this is a replay
    keys_.insert(record.key);
  }
  return DeadLetter(publisher_, config_.group, record, reason, attempts);
}

void Parking::BackOff(int attempt) {
  const auto base = static_cast<std::uint64_t>((config_.backoff_min * (1 << (attempt - 1))).count());
  std::this_thread::sleep_for(std::chrono::milliseconds(base + random_.Below(base / 2 + 1)));
}

}  // namespace souk::kafka
