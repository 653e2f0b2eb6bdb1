#include "services/orders/app/memory_order_store.hpp"

namespace souk::orders {
namespace {

class MemoryTx final : public OrderTx {
 public:
  explicit MemoryTx(MemoryOrderStore::State& state) : s_(state) {}

  std::vector<bool> InsertInbox(const std::vector<Uuid>& ids) override {
    std::vector<bool> is_new;
    for (const Uuid& id : ids) is_new.push_back(s_.inbox.insert(id).second);
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
      Price& price = s_.prices[change->sku];
      if (price.version < change->price.version) price = change->price;
    }
  }
  std::vector<bool> InsertOrders(const std::vector<std::shared_ptr<const Order>>& orders) override {
    std::vector<bool> is_new;
    for (const auto& order : orders) is_new.push_back(s_.orders.emplace(order->id(), order).second);
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
      auto& stored = s_.orders[update.order->id()];
      if (!stored || stored->version != update.version_before) return MakeError(ErrorCode::kAborted, "the order was changed meanwhile");
      stored = update.order;
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
    for (const NewKey& key : keys) s_.keys.emplace(key.use.key_id, StoredKey{key.use.request_hash, key.order->id().ToString()});
  }
  void AppendTimeline(const std::vector<std::pair<Uuid, TimelineEntry>>& entries) override {
    for (const auto& [id, entry] : entries) s_.timeline.emplace(std::pair(id, entry.sequence), entry);
  }
  Result<void> AppendMessages(const std::vector<OutgoingMessage>& messages) override {
    s_.messages.insert(s_.messages.end(), messages.begin(), messages.end());
    return {};
  }

 private:
  MemoryOrderStore::State& s_;
};

}  // namespace

Result<void> MemoryOrderStore::Transact(const std::function<Result<void>(OrderTx&)>& body) {
  const std::lock_guard lock(mutex_);
  while (true) {
    State copy = state_;
    MemoryTx tx(copy);
    SOUK_RETURN_IF_ERROR(body(tx));
    if (aborts_ > 0) {
      --aborts_;
      continue;
    }
    state_ = std::move(copy);
    return {};
  }
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
