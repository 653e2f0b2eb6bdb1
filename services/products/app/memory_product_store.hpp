#pragma once

#include <map>
#include <mutex>

#include "services/products/app/ports.hpp"

namespace souk::products {

/// The same promises as SQL, without durability. For tests.
class MemoryProductStore final : public ProductStore, public ProductView {
 public:
  Result<void> Transact(const std::function<Result<void>(ProductTx&)>& body) override;

  Result<Product> Get(const Uuid& id) override;
  Result<std::vector<Product>> List(const ListQuery& query) override;
  Result<std::vector<PricePoint>> Prices(const Uuid& id) override;
  Result<Collection> GetCollection(const Uuid& id) override;
  Result<std::vector<Collection>> ListCollections(const std::optional<std::pair<std::string, Uuid>>& after, int limit) override;
  Result<std::optional<ImportState>> GetImport(const Uuid& id) override;

  std::vector<OutgoingEvent> Events() const;
  /// The next transactions that write this SKU fail with kInternal, after having written it.
  void Poison(std::string sku) { poisoned_ = std::move(sku); }

  struct State {
    std::map<Uuid, Product> products;
    std::map<std::string, SkuState> skus;
    std::map<Uuid, Collection> collections;
    std::map<Uuid, ImportState> imports;
    std::map<Uuid, std::vector<PricePoint>> prices;
    std::map<Uuid, std::pair<std::string, Outcome>> keys;
    std::vector<OutgoingEvent> events;
  };

 private:
  mutable std::mutex mutex_;
  State state_;
  std::string poisoned_;
};

}  // namespace souk::products
