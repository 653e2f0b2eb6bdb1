#pragma once

#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "services/products/app/work.hpp"

namespace souk::products {

struct StoredKey {
  std::string request_hash;
  std::string answer;  ///< as EncodeAnswer of the store made it
};

struct NewKey {
  KeyUse use;
  const Outcome* outcome = nullptr;
};

struct PricePoint {
  Money price;
  std::int64_t version = 0;
  SystemTime since;
  bool operator==(const PricePoint&) const = default;
};

/// A state to store; 0 = it is new. Another stored version: the transaction fails with kAborted.
struct ProductSave {
  Product product;
  std::int64_t version_before = 0;
  std::vector<PricePoint> new_prices;  ///< in the order of their versions
};
struct CollectionSave {
  Collection collection;
  std::int64_t version_before = 0;
};
struct ImportSave {
  ImportState state;
  std::int64_t line_before = 0;  ///< guards it; -1 = it is new
};

/// What others are told. `sku` and `version` order a product's events.
struct ProductEvent {
  Product product;
};
struct CollectionEvent {
  Collection collection;
};
struct StockCommand {
  StockWork request;
  std::string sku;
  std::int64_t number = 0;
};
struct OutgoingEvent {
  std::variant<ProductEvent, CollectionEvent, StockCommand> body;
  SystemTime at;
  std::string causation_id;
  std::string traceparent;
};

/// One open transaction. Everything takes a batch.
class ProductTx {
 public:
  virtual ~ProductTx() = default;
  virtual std::unordered_map<Uuid, StoredKey> LoadKeys(const std::vector<Uuid>& ids) = 0;
  virtual Result<Outcome> DecodeAnswer(const std::string& answer) = 0;
  virtual std::vector<Product> LoadProducts(const std::vector<Uuid>& ids) = 0;
  virtual std::vector<SkuState> LoadSkus(const std::vector<std::string>& skus) = 0;
  virtual std::vector<Collection> LoadCollections(const std::vector<Uuid>& ids) = 0;
  /// Of these, those that live products are in.
  virtual std::set<Uuid> CollectionsInUse(const std::vector<Uuid>& ids) = 0;
  virtual std::vector<ImportState> LoadImports(const std::vector<Uuid>& ids) = 0;

  virtual Result<void> SaveProducts(const std::vector<ProductSave>& saves) = 0;
  virtual void SaveSkus(const std::vector<SkuState>& skus) = 0;
  virtual Result<void> SaveCollections(const std::vector<CollectionSave>& saves) = 0;
  virtual Result<void> SaveImports(const std::vector<ImportSave>& saves) = 0;
  virtual void InsertKeys(const std::vector<NewKey>& keys) = 0;
  virtual Result<void> AppendEvents(const std::vector<OutgoingEvent>& events) = 0;
};

/// The truth about the catalogue.
class ProductStore {
 public:
  virtual ~ProductStore() = default;
  /// Runs `body` and makes what it did durable, all or nothing; it may run again. kUnavailable (try again), kAborted (lost races only), kInternal.
  virtual Result<void> Transact(const std::function<Result<void>(ProductTx&)>& body) = 0;
};

enum class SortBy { kName, kPrice, kSku, kCreated, kUpdated };

struct ListQuery {
  SortBy sort = SortBy::kCreated;
  bool descending = true;
  std::optional<Uuid> collection;
  std::string seller_id, sku, currency;  ///< empty = any
  std::int64_t price_min = 0;
  std::int64_t price_max = 0;  ///< 0 = no bound
  bool deleted = false;
  /// After the product of this sort key and id.
  std::optional<std::pair<std::string, Uuid>> after;
  int limit = 50;
};

/// Reads. kUnavailable when the engine is away, kNotFound where said.
class ProductView {
 public:
  virtual ~ProductView() = default;
  virtual Result<Product> Get(const Uuid& id) = 0;  ///< kNotFound; a deleted one is found
  virtual Result<std::vector<Product>> List(const ListQuery& query) = 0;
  virtual Result<std::vector<PricePoint>> Prices(const Uuid& id) = 0;  ///< the newest first, at most 1,000
  virtual Result<Collection> GetCollection(const Uuid& id) = 0;       ///< kNotFound, also for a deleted one
  virtual Result<std::vector<Collection>> ListCollections(const std::optional<std::pair<std::string, Uuid>>& after, int limit) = 0;
  virtual Result<std::optional<ImportState>> GetImport(const Uuid& id) = 0;
};

/// What a product is sorted by, as text that orders like the value within one query.
std::string SortKey(const Product& product, SortBy sort);

}  // namespace souk::products
