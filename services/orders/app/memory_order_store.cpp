#include "services/orders/app/memory_order_store.hpp"

#include <algorithm>

namespace souk::orders {
namespace {

/// Writes into the state at once and remembers how to take each write back.
class MemoryTx final : public OrderTx {
 public:
  explicit MemoryTx(MemoryOrderStore::State& state) : s_(state), messages_before_(state.messages.size()) {}

  void RollBack() {
    for (auto it = undo_.rbegin(); it != undo_.rend(); ++it) (*it)();
    s_.messages.resize(messages_before_);
  }

  std::vector<bool> InsertInbox(const std::vector<Uuid>& ids) override {
    std::vector<bool> is_new;
    for (const Uuid& id : ids) {
      is_new.push_back(s_.inbox.insert(id).second);
      if (is_new.back()) undo_.push_back([this, id] { s_.inbox.erase(id); });
    }
    return is_new;
  }
  PriceList LoadPrices(const std::vector<std::string>& skus) override {
    PriceList found;
    for (const std::string& sku : skus) {
      if (const auto it = s_.prices.find(sku); it != s_.prices.end()) found.emplace(sku, it->second);
    }
    return found;
  }
  void SavePrices(const std::vector<const PriceChange*>& changes) override {
    for (const PriceChange* change : changes) {
      const auto known = s_.prices.find(change->sku);
      if (known == s_.prices.end() || known->second.version < change->price.version) Put(s_.prices, change->sku, change->price);
    }
  }
  std::vector<bool> InsertOrders(const std::vector<std::shared_ptr<const Order>>& orders) override {
    std::vector<bool> is_new;
    for (const auto& order : orders) {
      is_new.push_back(!s_.orders.contains(order->id()));
      if (!is_new.back()) continue;
      Put(s_.orders, order->id(), order);
      if (order->deadline_at) Put(s_.sweep_at, order->id(), *order->deadline_at);
    }
    return is_new;
  }
  std::vector<std::shared_ptr<const Order>> LoadOrders(const std::vector<Uuid>& ids) override {
    std::vector<std::shared_ptr<const Order>> found;
    for (const Uuid& id : ids) {
      if (const auto it = s_.orders.find(id); it != s_.orders.end()) found.push_back(it->second);
    }
    return found;
  }
  Result<void> UpdateOrders(const std::vector<OrderUpdate>& updates) override {
    for (const OrderUpdate& update : updates) {
      const auto stored = s_.orders.find(update.order->id());
      const bool moved = stored == s_.orders.end() || stored->second->version != update.version_before;
      if (moved) return MakeError(ErrorCode::kAborted, "the order was changed meanwhile");
      Put(s_.orders, update.order->id(), update.order);
      Reschedule(update);
    }
    return {};
  }
  std::unordered_map<Uuid, StoredKey> LoadKeys(const std::vector<Uuid>& ids) override {
    std::unordered_map<Uuid, StoredKey> found;
    for (const Uuid& id : ids) {
      if (const auto it = s_.keys.find(id); it != s_.keys.end()) found.emplace(id, it->second);
    }
    return found;
  }
  void InsertKeys(const std::vector<NewKey>& keys) override {
    for (const NewKey& key : keys) Put(s_.keys, key.use.key_id, StoredKey{key.use.request_hash, key.order->id().ToString()});
  }
  void AppendTimeline(const std::vector<std::pair<Uuid, TimelineEntry>>& entries) override {
    for (const auto& [id, entry] : entries) Put(s_.timeline, std::pair(id, entry.sequence), entry);
  }
  Result<void> AppendMessages(const std::vector<OutgoingMessage>& messages) override {
    s_.messages.insert(s_.messages.end(), messages.begin(), messages.end());
    return {};
  }

 private:
  template <class Map>
  void Put(Map& map, const typename Map::key_type& key, typename Map::mapped_type value) {
    const auto it = map.find(key);
    if (it == map.end()) {
      map.emplace(key, std::move(value));
      undo_.push_back([&map, key] { map.erase(key); });
      return;
    }
    undo_.push_back([&map, key, before = it->second] { map[key] = before; });
    it->second = std::move(value);
  }
  template <class Map>
  void Erase(Map& map, const typename Map::key_type& key) {
    const auto it = map.find(key);
    if (it == map.end()) return;
    undo_.push_back([&map, key, before = it->second] { map.emplace(key, before); });
    map.erase(it);
  }
  /// As the SQL statement does: the deadline where the update reschedules, else the earlier of both.
  void Reschedule(const OrderUpdate& update) {
    const auto& deadline = update.order->deadline_at;
    const auto planned = s_.sweep_at.find(update.order->id());
    if (update.reschedules && !deadline) return Erase(s_.sweep_at, update.order->id());
    if (!deadline) return;
    const bool earlier = planned == s_.sweep_at.end() || *deadline < planned->second;
    if (update.reschedules || earlier) Put(s_.sweep_at, update.order->id(), *deadline);
  }

  MemoryOrderStore::State& s_;
  const std::size_t messages_before_;
  std::vector<std::function<void()>> undo_;
};

}  // namespace

Result<void> MemoryOrderStore::Transact(const std::function<Result<void>(OrderTx&)>& body) {
  const std::lock_guard lock(mutex_);
  while (true) {
    MemoryTx tx(state_);
    const Result<void> done = body(tx);
    if (done.ok() && aborts_ == 0) return {};
    tx.RollBack();
    if (!done.ok()) return done;
    --aborts_;
  }
}

std::vector<Uuid> MemoryOrderStore::Due(SystemTime now, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<SystemTime, Uuid>> due;
  for (const auto& [id, at] : state_.sweep_at) {
    if (at <= now) due.emplace_back(at, id);
  }
  std::sort(due.begin(), due.end());
  due.resize(std::min(due.size(), limit));
  std::vector<Uuid> ids;
  for (const auto& [at, id] : due) ids.push_back(id);
  return ids;
}

void MemoryOrderStore::AbortNext(int times) {
  const std::lock_guard lock(mutex_);
  aborts_ = times;
}

MemoryOrderStore::State MemoryOrderStore::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace souk::orders
