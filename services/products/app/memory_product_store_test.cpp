#include "services/products/app/memory_product_store.hpp"

#include "services/products/app/product_store_contract.hpp"

namespace souk::products {
namespace {

/// Passes everything on to a store that others use too.
class Instance final : public ProductStore {
 public:
  explicit Instance(MemoryProductStore& store) : store_(store) {}
  Result<void> Transact(const std::function<Result<void>(ProductTx&)>& body) override { return store_.Transact(body); }

 private:
  MemoryProductStore& store_;
};

class MemoryFixture {
 public:
  std::unique_ptr<ProductStore> NewInstance() { return std::make_unique<Instance>(store_); }
  ProductView& view() { return store_; }
  std::vector<std::int64_t> EventVersions(const std::string& sku) {
    std::vector<std::int64_t> versions;
    for (const OutgoingEvent& event : store_.Events()) {
      const auto* product = std::get_if<ProductEvent>(&event.body);
      if (product != nullptr && product->product.content.sku == sku) versions.push_back(product->product.version);
    }
    return versions;
  }
  Content Poison(Content content) {
    store_.Poison(content.sku);
    return content;
  }

 private:
  MemoryProductStore store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ProductStoreContract, MemoryFixture);

}  // namespace
}  // namespace souk::products
