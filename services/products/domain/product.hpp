#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "libs/base/clock.hpp"
#include "services/products/domain/content.hpp"

namespace souk::products {

struct Product {
  Uuid id;
  Content content;
  std::int64_t version = 0;
  SystemTime created_at;
  SystemTime updated_at;
  std::optional<SystemTime> deleted_at;

  bool live() const { return !deleted_at.has_value(); }
  bool operator==(const Product&) const = default;
};

struct Collection {
  Uuid id;
  CollectionContent content;
  std::int64_t version = 0;
  SystemTime created_at;
  SystemTime updated_at;
  bool deleted = false;

  bool operator==(const Collection&) const = default;
};

/// What is known under one SKU, whichever products had it. `version` numbers the product events of the SKU without a gap, so that those who know products by
/// their SKU never take a deleted product's last word for newer than its successor's first.
struct SkuState {
  std::string sku;
  std::optional<Uuid> product;   ///< the live one
  std::int64_t version = 0;
  std::int64_t stock_requests = 0;  ///< numbers what its sellers asked inventory for

  bool operator==(const SkuState&) const = default;
};

/// The version that a change was made for: none = any ("If-Match: *").
using Expected = std::optional<std::int64_t>;

/// Content before -> content after. Pure: it may run more than once.
using Edit = std::function<Result<Content>(const Content&)>;

/// The decisions. Each changes `product` and `sku` together, or returns why not; an unchanged product is left as it is. `now` is the time of the change.
Result<Product> Create(const Uuid& id, const Content& content, SkuState& sku, SystemTime now);
Result<void> Change(Product& product, const Expected& expected, Content content, SkuState& sku, SystemTime now);
Result<void> Delete(Product& product, const Expected& expected, SkuState& sku, SystemTime now);
Result<void> Restore(Product& product, const Expected& expected, SkuState& sku, SystemTime now);

Result<Collection> CreateCollection(const Uuid& id, const CollectionContent& content, SystemTime now);
Result<void> ChangeCollection(Collection& collection, const Expected& expected, const CollectionContent& content, SystemTime now);
Result<void> DeleteCollection(Collection& collection, const Expected& expected, bool in_use, SystemTime now);

Error UnknownProduct();
Error DeletedProduct();
Error UnknownCollection();
Error OtherVersion(std::int64_t now);

}  // namespace souk::products
