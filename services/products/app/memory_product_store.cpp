#include "services/products/app/memory_product_store.hpp"

#include <algorithm>

#include "libs/base/time.hpp"

namespace souk::products {
namespace {

template <class Map, class Keys>
auto Find(const Map& map, const Keys& keys) {
  std::vector<typename Map::mapped_type> found;
  for (const auto& key : keys) {
    if (const auto it = map.find(key); it != map.end()) found.push_back(it->second);
  }
  return found;
}

Error Moved() { return MakeError(ErrorCode::kAborted, "it was changed by another instance meanwhile"); }

/// Works on a copy, which the store takes over when all went well.
class MemoryTx final : public ProductTx {
 public:
  MemoryTx(MemoryProductStore::State& state, const std::string& poisoned) : s_(state), poisoned_(poisoned) {}

  std::unordered_map<Uuid, StoredKey> LoadKeys(const std::vector<Uuid>& ids) override {
    std::unordered_map<Uuid, StoredKey> found;
    for (const Uuid& id : ids) {
      if (const auto it = s_.keys.find(id); it != s_.keys.end()) found.emplace(id, StoredKey{it->second.first, id.ToString()});
    }
    return found;
  }
  Result<Outcome> DecodeAnswer(const std::string& answer) override { return s_.keys.at(*Uuid::Parse(answer)).second; }
  std::vector<Product> LoadProducts(const std::vector<Uuid>& ids) override { return Find(s_.products, ids); }
  std::vector<SkuState> LoadSkus(const std::vector<std::string>& skus) override { return Find(s_.skus, skus); }
  std::vector<Collection> LoadCollections(const std::vector<Uuid>& ids) override { return Find(s_.collections, ids); }
  std::vector<ImportState> LoadImports(const std::vector<Uuid>& ids) override { return Find(s_.imports, ids); }
  std::set<Uuid> CollectionsInUse(const std::vector<Uuid>& ids) override {
    std::set<Uuid> in_use;
    for (const auto& [id, product] : s_.products) {
      for (const Uuid& collection : product.content.collections) {
        if (product.live() && std::find(ids.begin(), ids.end(), collection) != ids.end()) in_use.insert(collection);
      }
    }
    return in_use;
  }
  Result<void> SaveProducts(const std::vector<ProductSave>& saves) override {
    for (const ProductSave& save : saves) {
      const auto stored = s_.products.find(save.product.id);
      const std::int64_t version = stored == s_.products.end() ? 0 : stored->second.version;
      if (version != save.version_before) return Moved();
      s_.products[save.product.id] = save.product;
      auto& prices = s_.prices[save.product.id];
      prices.insert(prices.end(), save.new_prices.begin(), save.new_prices.end());
      if (save.product.content.sku == poisoned_) return MakeError(ErrorCode::kInternal, "the engine refuses this product");
    }
    return {};
  }
  void SaveSkus(const std::vector<SkuState>& skus) override {
    for (const SkuState& sku : skus) s_.skus[sku.sku] = sku;
  }
  Result<void> SaveCollections(const std::vector<CollectionSave>& saves) override {
    for (const CollectionSave& save : saves) {
      const auto stored = s_.collections.find(save.collection.id);
      if ((stored == s_.collections.end() ? 0 : stored->second.version) != save.version_before) return Moved();
      s_.collections[save.collection.id] = save.collection;
    }
    return {};
  }
  Result<void> SaveImports(const std::vector<ImportSave>& saves) override {
    for (const ImportSave& save : saves) s_.imports[save.state.id] = save.state;
    return {};
  }
  void InsertKeys(const std::vector<NewKey>& keys) override {
    for (const NewKey& key : keys) s_.keys.emplace(key.use.key_id, std::make_pair(key.use.request_hash, *key.outcome));
  }
  Result<void> AppendEvents(const std::vector<OutgoingEvent>& events) override {
    s_.events.insert(s_.events.end(), events.begin(), events.end());
    return {};
  }

 private:
  MemoryProductStore::State& s_;
  const std::string& poisoned_;
};

std::string Padded(std::int64_t number) {
  std::string digits = std::to_string(number);
  return std::string(20 - digits.size(), '0') + digits;
}

bool Fits(const Product& product, const ListQuery& query) {
  const Content& c = product.content;
  if (product.live() == query.deleted) return false;
  if (query.collection && !std::binary_search(c.collections.begin(), c.collections.end(), *query.collection)) return false;
  if (!query.seller_id.empty() && c.seller_id != query.seller_id) return false;
  if (!query.sku.empty() && c.sku != query.sku) return false;
  if (!query.currency.empty() && c.price.currency != query.currency) return false;
  return c.price.minor_units >= query.price_min && (query.price_max == 0 || c.price.minor_units <= query.price_max);
}

}  // namespace

std::string SortKey(const Product& product, SortBy sort) {
  switch (sort) {
    case SortBy::kName: return product.content.name;
    case SortBy::kPrice: return Padded(product.content.price.minor_units);
    case SortBy::kSku: return product.content.sku;
    case SortBy::kUpdated: return FormatTime(product.updated_at);
    case SortBy::kCreated: break;
  }
  return FormatTime(product.created_at);
}

Result<void> MemoryProductStore::Transact(const std::function<Result<void>(ProductTx&)>& body) {
  const std::lock_guard lock(mutex_);
  State copy = state_;
  MemoryTx tx(copy, poisoned_);
  SOUK_RETURN_IF_ERROR(body(tx));
  state_ = std::move(copy);
  return {};
}

Result<Product> MemoryProductStore::Get(const Uuid& id) {
  const std::lock_guard lock(mutex_);
  const auto it = state_.products.find(id);
  if (it == state_.products.end()) return UnknownProduct();
  return it->second;
}

Result<std::vector<Product>> MemoryProductStore::List(const ListQuery& query) {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::pair<std::string, Uuid>, Product>> found;
  for (const auto& [id, product] : state_.products) {
    if (Fits(product, query)) found.push_back({{SortKey(product, query.sort), id}, product});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (query.descending) std::reverse(found.begin(), found.end());
  std::vector<Product> page;
  for (auto& [key, product] : found) {
    if (query.after && (query.descending ? key >= *query.after : key <= *query.after)) continue;
    if (page.size() < static_cast<std::size_t>(query.limit)) page.push_back(std::move(product));
  }
  return page;
}

Result<std::vector<PricePoint>> MemoryProductStore::Prices(const Uuid& id) {
  const std::lock_guard lock(mutex_);
  const auto it = state_.prices.find(id);
  if (it == state_.prices.end()) return UnknownProduct();
  return std::vector<PricePoint>(it->second.rbegin(), it->second.rend());
}

Result<Collection> MemoryProductStore::GetCollection(const Uuid& id) {
  const std::lock_guard lock(mutex_);
  const auto it = state_.collections.find(id);
  if (it == state_.collections.end() || it->second.deleted) return UnknownCollection();
  return it->second;
}

Result<std::vector<Collection>> MemoryProductStore::ListCollections(const std::optional<std::pair<std::string, Uuid>>& after, int limit) {
  const std::lock_guard lock(mutex_);
  std::map<std::pair<std::string, Uuid>, Collection> sorted;
  for (const auto& [id, collection] : state_.collections) {
    if (!collection.deleted) sorted.emplace(std::make_pair(collection.content.name, id), collection);
  }
  std::vector<Collection> page;
  for (auto it = after ? sorted.upper_bound(*after) : sorted.begin(); it != sorted.end() && page.size() < static_cast<std::size_t>(limit); ++it) {
    page.push_back(it->second);
  }
  return page;
}

Result<std::optional<ImportState>> MemoryProductStore::GetImport(const Uuid& id) {
  const std::lock_guard lock(mutex_);
  const auto it = state_.imports.find(id);
  if (it == state_.imports.end()) return std::optional<ImportState>();
  return std::optional(it->second);
}

std::vector<OutgoingEvent> MemoryProductStore::Events() const {
  const std::lock_guard lock(mutex_);
  return state_.events;
}

}  // namespace souk::products
