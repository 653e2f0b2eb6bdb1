#include "services/products/adapters/sql_product_store.hpp"

#include "services/products/adapters/codec.hpp"
#include "services/products/adapters/sql_rows.hpp"
#include "services/products/adapters/statements.hpp"

namespace souk::products {
namespace {

using sql::Array;

Error Moved(const char* what) { return MakeError(ErrorCode::kAborted, std::string(what) + " was changed by another instance meanwhile"); }

template <class Range>
Array ToArray(const Range& values) {
  Array array;
  for (const auto& value : values) array.Add(value);
  return array;
}

/// The columns of an insert or an update of products.
struct ProductColumns {
  Array id, before, sku, seller, name, price, currency, document, version, created, updated, deleted;

  void Add(const ProductSave& save) {
    const Product& product = save.product;
    id.Add(product.id);
    before.Add(save.version_before);
    sku.Add(product.content.sku);
    seller.Add(product.content.seller_id);
    name.Add(product.content.name);
    price.Add(product.content.price.minor_units);
    currency.Add(product.content.price.currency);
    document.AddBytes(EncodeContent(product.content));
    version.Add(product.version);
    created.Add(product.created_at);
    updated.Add(product.updated_at);
    deleted.Add(product.deleted_at);
  }
};

class SqlTx final : public ProductTx {
 public:
  SqlTx(sql::Tx& tx, std::vector<outbox::OutboxRecord>& records, std::optional<Error>& unreadable) : tx_(tx), records_(records), unreadable_(unreadable) {}

  std::unordered_map<Uuid, StoredKey> LoadKeys(const std::vector<Uuid>& ids) override {
    std::unordered_map<Uuid, StoredKey> keys;
    tx_.Exec(statements::kLoadKeys, {ToArray(ids)}).ForEach([&](const sql::Row& row) { keys.emplace(row.Id(0), StoredKey{row.Text(1), row.Bytes(2)}); });
    return keys;
  }
  Result<Outcome> DecodeAnswer(const std::string& answer) override { return products::DecodeAnswer(answer); }
  std::vector<Product> LoadProducts(const std::vector<Uuid>& ids) override {
    Result<std::vector<Product>> products = ReadProducts(tx_.Exec(statements::kLoadProducts, {ToArray(ids)}));
    if (products.ok()) return std::move(products).value();
    unreadable_ = products.error();
    return {};
  }
  std::vector<SkuState> LoadSkus(const std::vector<std::string>& skus) override {
    std::vector<SkuState> found;
    tx_.Exec(statements::kLoadSkus, {ToArray(skus)}).ForEach([&](const sql::Row& row) {
      found.push_back({row.Text(0), row.IsNull(1) ? std::nullopt : std::optional(row.Id(1)), row.Int(2), row.Int(3)});
    });
    return found;
  }
  std::vector<Collection> LoadCollections(const std::vector<Uuid>& ids) override {
    std::vector<Collection> found;
    tx_.Exec(statements::kLoadCollections, {ToArray(ids)}).ForEach([&](const sql::Row& row) { found.push_back(ReadCollection(row)); });
    return found;
  }
  std::set<Uuid> CollectionsInUse(const std::vector<Uuid>& ids) override {
    std::set<Uuid> in_use;
    tx_.Exec(statements::kCollectionsInUse, {ToArray(ids)}).ForEach([&](const sql::Row& row) { in_use.insert(row.Id(0)); });
    return in_use;
  }
  std::vector<ImportState> LoadImports(const std::vector<Uuid>& ids) override {
    std::vector<ImportState> found;
    tx_.Exec(statements::kLoadImports, {ToArray(ids)}).ForEach([&](const sql::Row& row) { found.push_back(ReadImport(row)); });
    return found;
  }

  Result<void> SaveProducts(const std::vector<ProductSave>& saves) override;
  void SaveSkus(const std::vector<SkuState>& skus) override;
  Result<void> SaveCollections(const std::vector<CollectionSave>& saves) override;
  Result<void> SaveImports(const std::vector<ImportSave>& saves) override;
  void InsertKeys(const std::vector<NewKey>& keys) override {
    Array ids, hashes, answers;
    for (const NewKey& key : keys) {
      ids.Add(key.use.key_id);
      hashes.Add(key.use.request_hash);
      answers.AddBytes(EncodeAnswer(*key.outcome));
    }
    tx_.Exec(statements::kInsertKeys, {ids, hashes, answers});
  }
  Result<void> AppendEvents(const std::vector<OutgoingEvent>& events) override {
    records_.reserve(events.size());
    for (const OutgoingEvent& event : events) records_.push_back(EncodeEvent(event));
    return outbox::Append(tx_, records_);
  }

 private:
  void SaveMemberships(const std::vector<ProductSave>& saves);
  void SavePrices(const std::vector<ProductSave>& saves);

  sql::Tx& tx_;
  std::vector<outbox::OutboxRecord>& records_;
  std::optional<Error>& unreadable_;
};

Result<void> SqlTx::SaveProducts(const std::vector<ProductSave>& saves) {
  ProductColumns inserted, updated;
  for (const ProductSave& save : saves) (save.version_before == 0 ? inserted : updated).Add(save);
  if (!updated.id.empty()) {
    const ProductColumns& u = updated;
    const sql::Rows rows = tx_.Exec(statements::kUpdateProducts,
                                    {u.id, u.before, u.seller, u.name, u.price, u.currency, u.document, u.version, u.updated, u.deleted});
    if (rows.affected() != static_cast<std::int64_t>(u.id.size())) return Moved("a product");
  }
  // After the updates: a SKU that one of them freed may be taken again by a new product of the same batch.
  if (!inserted.id.empty()) {
    const ProductColumns& i = inserted;
    tx_.Exec(statements::kInsertProducts,
             {i.id, i.sku, i.seller, i.name, i.price, i.currency, i.document, i.version, i.created, i.updated, i.deleted});
  }
  SaveMemberships(saves);
  SavePrices(saves);
  return {};
}

void SqlTx::SaveMemberships(const std::vector<ProductSave>& saves) {
  Array cleared, collections, products;
  for (const ProductSave& save : saves) {
    if (save.version_before > 0) cleared.Add(save.product.id);
    for (const Uuid& collection : save.product.content.collections) {
      collections.Add(collection);
      products.Add(save.product.id);
    }
  }
  if (!cleared.empty()) tx_.Exec(statements::kClearCollections, {cleared});
  if (!collections.empty()) tx_.Exec(statements::kInsertMemberships, {collections, products});
}

void SqlTx::SavePrices(const std::vector<ProductSave>& saves) {
  Array ids, versions, prices, currencies, since;
  for (const ProductSave& save : saves) {
    for (const PricePoint& point : save.new_prices) {
      ids.Add(save.product.id);
      versions.Add(point.version);
      prices.Add(point.price.minor_units);
      currencies.Add(point.price.currency);
      since.Add(point.since);
    }
  }
  if (!ids.empty()) tx_.Exec(statements::kInsertPrices, {ids, versions, prices, currencies, since});
}

void SqlTx::SaveSkus(const std::vector<SkuState>& skus) {
  Array names, products, versions, requests;
  for (const SkuState& sku : skus) {
    names.Add(sku.sku);
    products.Add(sku.product);
    versions.Add(sku.version);
    requests.Add(sku.stock_requests);
  }
  tx_.Exec(statements::kSaveSkus, {names, products, versions, requests});
}

Result<void> SqlTx::SaveCollections(const std::vector<CollectionSave>& saves) {
  struct Columns {
    Array id, before, name, description, language, version, created, updated, deleted;
  } inserted, updated;
  for (const CollectionSave& save : saves) {
    Columns& to = save.version_before == 0 ? inserted : updated;
    const Collection& c = save.collection;
    to.id.Add(c.id);
    to.before.Add(save.version_before);
    to.name.Add(c.content.name);
    to.description.Add(c.content.description);
    to.language.Add(c.content.language);
    to.version.Add(c.version);
    to.created.Add(c.created_at);
    to.updated.Add(c.updated_at);
    to.deleted.Add(c.deleted);
  }
  if (const Columns& i = inserted; !i.id.empty()) {
    tx_.Exec(statements::kInsertCollections, {i.id, i.name, i.description, i.language, i.version, i.created, i.updated, i.deleted});
  }
  if (updated.id.empty()) return {};
  const Columns& u = updated;
  const sql::Rows rows = tx_.Exec(statements::kUpdateCollections, {u.id, u.before, u.name, u.description, u.language, u.version, u.updated, u.deleted});
  if (rows.affected() != static_cast<std::int64_t>(u.id.size())) return Moved("a collection");
  return {};
}

Result<void> SqlTx::SaveImports(const std::vector<ImportSave>& saves) {
  Array ids, names, lines, created, updated, unchanged, refused;
  for (const ImportSave& save : saves) {
    ids.Add(save.state.id);
    names.Add(save.state.name);
    lines.Add(save.state.last_line);
    created.Add(save.state.created);
    updated.Add(save.state.updated);
    unchanged.Add(save.state.unchanged);
    refused.Add(save.state.refused);
  }
  const sql::Rows rows = tx_.Exec(statements::kSaveImports, {ids, names, lines, created, updated, unchanged, refused});
  if (rows.affected() != static_cast<std::int64_t>(saves.size())) return Moved("an import");
  return {};
}

}  // namespace

Result<void> SqlProductStore::Transact(const std::function<Result<void>(ProductTx&)>& body) {
  std::vector<outbox::OutboxRecord> records;
  const auto run = [&](sql::Tx& tx) -> Result<void> {
    records.clear();
    std::optional<Error> unreadable;
    SqlTx product_tx(tx, records, unreadable);
    SOUK_RETURN_IF_ERROR(body(product_tx));
    if (unreadable) return *unreadable;
    return {};
  };
  SOUK_RETURN_IF_ERROR(connection_.Run(run));
  if (!records.empty() && hand_off_) hand_off_(std::move(records));
  return {};
}

}  // namespace souk::products
