#include "services/products/app/batch.hpp"

#include <algorithm>

namespace souk::products {
namespace {

Error KeyReused() {
  Error error = MakeError(ErrorCode::kInvalidArgument, "this Idempotency-Key was used for a call with another content", "IDEMPOTENCY_KEY_REUSED");
  error.http_status = 422;
  return error;
}

template <class Map>
std::vector<typename Map::key_type> KeysOf(const Map& map) {
  std::vector<typename Map::key_type> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  return keys;
}

std::optional<Uuid> ProductOf(const Job& job) {
  if (const auto* edit = std::get_if<EditProductWork>(&job)) return edit->id;
  if (const auto* removal = std::get_if<DeleteProductWork>(&job)) return removal->id;
  if (const auto* restore = std::get_if<RestoreProductWork>(&job)) return restore->id;
  if (const auto* stock = std::get_if<StockWork>(&job)) return stock->product_id;
  return std::nullopt;
}

std::vector<std::string> SkusOf(const Job& job) {
  std::vector<std::string> skus;
  if (const auto* create = std::get_if<CreateProductWork>(&job)) skus.push_back(create->content.sku);
  if (const auto* import = std::get_if<ImportWork>(&job)) {
    for (const ImportLine& line : import->lines) {
      if (line.content.ok()) skus.push_back(line.content->sku);
    }
  }
  return skus;
}

}  // namespace

Result<void> Batch::Run() {
  for (Work& work : works_) work.outcome = {};
  LoadKeys();
  LoadProductsAndSkus();
  LoadCollections();
  LoadImports();
  for (Work& work : works_) {
    const Result<void> decided = DecideWithKey(work);
    if (!decided.ok()) work.outcome.error = decided.error();
  }
  return Save();
}

void Batch::LoadKeys() {
  std::set<Uuid> ids;
  for (const Work& work : works_) {
    if (work.key) ids.insert(work.key->key_id);
  }
  if (!ids.empty()) keys_ = tx_.LoadKeys({ids.begin(), ids.end()});
}

void Batch::LoadProductsAndSkus() {
  std::set<Uuid> ids;
  std::set<std::string> skus;
  for (const Work& work : works_) {
    if (const auto id = ProductOf(work.job)) ids.insert(*id);
    for (std::string& sku : SkusOf(work.job)) skus.insert(std::move(sku));
  }
  const auto load = [&] {
    if (!ids.empty()) {
      for (Product& product : tx_.LoadProducts({ids.begin(), ids.end()})) {
        skus.insert(product.content.sku);
        const Uuid id = product.id;
        const std::int64_t version = product.version;
        products_.emplace(id, TrackedProduct{std::move(product), version, {}});
      }
    }
    for (const auto& entry : skus_) skus.erase(entry.first);
    if (skus.empty()) return;
    ids.clear();
    for (const SkuState& sku : tx_.LoadSkus({skus.begin(), skus.end()})) {
      skus_.emplace(sku.sku, TrackedSku{sku, sku});
      if (sku.product && !products_.contains(*sku.product)) ids.insert(*sku.product);
    }
    skus.clear();
  };
  load();
  load();  // the products that an import's or a creation's SKUs belong to
}

void Batch::NoteCollections(const Content& content, std::set<Uuid>& wanted) const { wanted.insert(content.collections.begin(), content.collections.end()); }

void Batch::LoadCollections() {
  std::set<Uuid> wanted;
  std::set<Uuid> leaving;
  for (const auto& [id, product] : products_) NoteCollections(product.state.content, wanted);
  for (const Work& work : works_) {
    if (const auto* create = std::get_if<CreateProductWork>(&work.job)) NoteCollections(create->content, wanted);
    if (const auto* replace = std::get_if<ReplaceCollectionWork>(&work.job)) wanted.insert(replace->id);
    if (const auto* removal = std::get_if<DeleteCollectionWork>(&work.job)) leaving.insert(removal->id);
    if (const auto* import = std::get_if<ImportWork>(&work.job)) {
      for (const ImportLine& line : import->lines) {
        if (line.content.ok()) NoteCollections(*line.content, wanted);
      }
    }
    // An edit is pure, so what it wants can be seen before its turn; what an earlier item of the batch adds is among that item's own.
    const auto* edit = std::get_if<EditProductWork>(&work.job);
    const TrackedProduct* product = edit == nullptr ? nullptr : Find(edit->id);
    if (product == nullptr) continue;
    if (const auto content = edit->edit(product->state.content); content.ok()) NoteCollections(*content, wanted);
  }
  wanted.insert(leaving.begin(), leaving.end());
  if (wanted.empty()) return;
  for (Collection& collection : tx_.LoadCollections({wanted.begin(), wanted.end()})) {
    const Uuid id = collection.id;
    const std::int64_t version = collection.version;
    collections_.emplace(id, TrackedCollection{std::move(collection), version});
  }
  if (!leaving.empty()) in_use_ = tx_.CollectionsInUse({leaving.begin(), leaving.end()});
}

void Batch::LoadImports() {
  std::set<Uuid> ids;
  for (const Work& work : works_) {
    if (const auto* import = std::get_if<ImportWork>(&work.job)) ids.insert(import->import_id);
  }
  if (ids.empty()) return;
  for (const ImportState& state : tx_.LoadImports({ids.begin(), ids.end()})) imports_.emplace(state.id, TrackedImport{state, state.last_line});
}

Batch::TrackedProduct* Batch::Find(const Uuid& id) {
  const auto it = products_.find(id);
  return it == products_.end() ? nullptr : &it->second;
}

Batch::TrackedSku& Batch::SkuOf(const std::string& sku) {
  TrackedSku& tracked = skus_[sku];
  tracked.state.sku = sku;
  return tracked;
}

Result<void> Batch::CheckCollections(const Content& content) const {
  for (std::size_t i = 0; i < content.collections.size(); ++i) {
    const auto it = collections_.find(content.collections[i]);
    if (it == collections_.end() || it->second.state.deleted) {
      return InvalidArgument("collection_ids", "names a collection that does not exist: " + content.collections[i].ToString());
    }
  }
  return {};
}

bool Batch::InUse(const Uuid& collection) const {
  if (in_use_.contains(collection)) return true;
  return std::any_of(products_.begin(), products_.end(), [&](const auto& entry) {
    const auto& in = entry.second.state.content.collections;
    return entry.second.state.live() && std::binary_search(in.begin(), in.end(), collection);
  });
}

Result<void> Batch::Save() {
  std::vector<ProductSave> products;
  for (auto& [id, tracked] : products_) {
    if (tracked.state.version != tracked.stored_version) products.push_back({tracked.state, tracked.stored_version, std::move(tracked.new_prices)});
  }
  std::vector<SkuState> skus;
  for (const auto& [name, tracked] : skus_) {
    if (tracked.state != tracked.stored && tracked.state.version + tracked.state.stock_requests > 0) skus.push_back(tracked.state);
  }
  std::vector<CollectionSave> collections;
  for (const auto& [id, tracked] : collections_) {
    if (tracked.state.version != tracked.stored_version) collections.push_back({tracked.state, tracked.stored_version});
  }
  std::vector<ImportSave> imports;
  for (const auto& [id, tracked] : imports_) {
    if (tracked.state.last_line != tracked.stored_line) imports.push_back({tracked.state, tracked.stored_line});
  }
  // One order of rows for everybody: two writers wait for each other, never in a circle.
  std::sort(skus.begin(), skus.end(), [](const auto& a, const auto& b) { return a.sku < b.sku; });
  std::sort(products.begin(), products.end(), [](const auto& a, const auto& b) { return a.product.id < b.product.id; });
  if (!skus.empty()) tx_.SaveSkus(skus);
  if (!products.empty()) SOUK_RETURN_IF_ERROR(tx_.SaveProducts(products));
  if (!collections.empty()) SOUK_RETURN_IF_ERROR(tx_.SaveCollections(collections));
  if (!imports.empty()) SOUK_RETURN_IF_ERROR(tx_.SaveImports(imports));
  if (!new_keys_.empty()) tx_.InsertKeys(new_keys_);
  if (events_.empty()) return {};
  return tx_.AppendEvents(events_);
}

Result<void> Batch::DecideWithKey(Work& work) {
  if (!work.key) return Decide(work);
  const Uuid& key = work.key->key_id;
  if (const auto it = answered_.find(key); it != answered_.end()) {
    if (it->second->key->request_hash != work.key->request_hash) return KeyReused();
    work.outcome = it->second->outcome;
    work.outcome.replayed = true;
    return {};
  }
  if (const auto it = keys_.find(key); it != keys_.end()) {
    if (it->second.request_hash != work.key->request_hash) return KeyReused();
    SOUK_ASSIGN_OR_RETURN(work.outcome, tx_.DecodeAnswer(it->second.answer));
    work.outcome.replayed = true;
    return {};
  }
  SOUK_RETURN_IF_ERROR(Decide(work));
  answered_.emplace(key, &work);
  new_keys_.push_back({*work.key, &work.outcome});
  return {};
}

Result<void> Batch::Decide(Work& work) {
  return std::visit([&](const auto& job) { return On(work, job); }, work.job);
}

}  // namespace souk::products
