#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>

#include "services/products/app/ports.hpp"

namespace souk::products {

/// One batch in the hands of one transaction: what it touches, loaded once, evolving item by item.
class Batch {
 public:
  Batch(ProductTx& tx, std::span<Work> works, SystemTime now) : tx_(tx), works_(works), now_(now) {}

  Result<void> Run();

 private:
  struct TrackedProduct {
    Product state;
    std::int64_t stored_version = 0;  ///< 0: there is no row yet
    std::vector<PricePoint> new_prices;
  };
  struct TrackedSku {
    SkuState state;
    SkuState stored;
  };
  struct TrackedCollection {
    Collection state;
    std::int64_t stored_version = 0;
  };
  struct TrackedImport {
    ImportState state;
    std::int64_t stored_line = -1;  ///< -1: there is no row yet
  };

  void LoadKeys();
  void LoadProductsAndSkus();
  void LoadCollections();
  void LoadImports();
  void NoteCollections(const Content& content, std::set<Uuid>& wanted) const;

  Result<void> DecideWithKey(Work& work);
  Result<void> Decide(Work& work);
  Result<void> On(Work& work, const CreateProductWork& job);
  Result<void> On(Work& work, const EditProductWork& job);
  Result<void> On(Work& work, const DeleteProductWork& job);
  Result<void> On(Work& work, const RestoreProductWork& job);
  Result<void> On(Work& work, const StockWork& job);
  Result<void> On(Work& work, const CreateCollectionWork& job);
  Result<void> On(Work& work, const ReplaceCollectionWork& job);
  Result<void> On(Work& work, const DeleteCollectionWork& job);
  Result<void> On(Work& work, const ImportWork& job);
  LineReport Import(const Work& work, const ImportLine& line);
  Result<const Product*> CreateOne(const Work& work, const Uuid& id, const Content& content);
  Result<const Product*> ChangeOne(const Work& work, TrackedProduct& product, const Expected& expected, Content content);

  TrackedProduct* Find(const Uuid& id);
  TrackedSku& SkuOf(const std::string& sku);
  Result<void> CheckCollections(const Content& content) const;
  bool InUse(const Uuid& collection) const;
  void Changed(const Work& work, TrackedProduct& product, const std::optional<Money>& price_before);
  void Changed(const Work& work, const Collection& collection);

  Result<void> Save();

  ProductTx& tx_;
  const std::span<Work> works_;
  const SystemTime now_;
  std::unordered_map<Uuid, TrackedProduct> products_;
  std::unordered_map<std::string, TrackedSku> skus_;
  std::unordered_map<Uuid, TrackedCollection> collections_;
  std::set<Uuid> in_use_;  ///< collections that SQL knows live products of
  std::unordered_map<Uuid, TrackedImport> imports_;
  std::unordered_map<Uuid, StoredKey> keys_;
  std::unordered_map<Uuid, const Work*> answered_;  ///< by key, in this batch
  std::vector<NewKey> new_keys_;
  std::vector<OutgoingEvent> events_;
};

}  // namespace souk::products
