#include "services/products/domain/product.hpp"

namespace souk::products {
namespace {

Result<void> CheckVersion(const Expected& expected, std::int64_t version) {
  if (!expected || *expected == version) return {};
  return OtherVersion(version);
}

Error SkuTaken(const SkuState& sku) {
  Error error = MakeError(ErrorCode::kAlreadyExists, "a live product has the SKU " + sku.sku + " already", "SKU_TAKEN");
  error.fields.push_back({"sku", "is the SKU of another live product"});
  return error;
}

void Touch(Product& product, SkuState& sku, SystemTime now) {
  product.version = ++sku.version;
  product.updated_at = now;
}

}  // namespace

Error UnknownProduct() { return MakeError(ErrorCode::kNotFound, "there is no such product", "UNKNOWN_PRODUCT"); }
Error UnknownCollection() { return MakeError(ErrorCode::kNotFound, "there is no such collection", "UNKNOWN_COLLECTION"); }

Error DeletedProduct() {
  Error error = MakeError(ErrorCode::kNotFound, "the product is deleted; it can be restored", "PRODUCT_DELETED");
  error.http_status = 410;
  return error;
}

Error OtherVersion(std::int64_t now) {
  Error error = MakeError(ErrorCode::kFailedPrecondition, "it was changed meanwhile: read it again and repeat the change", "VERSION_CHANGED");
  error.http_status = 412;
  error.details_json = "{\"version\":" + std::to_string(now) + "}";
  return error;
}

Result<Product> Create(const Uuid& id, const Content& content, SkuState& sku, SystemTime now) {
  SOUK_RETURN_IF_ERROR(Check(content));
  if (sku.product) return SkuTaken(sku);
  Product product;
  product.id = id;
  product.content = content;
  product.created_at = now;
  sku.product = id;
  Touch(product, sku, now);
  return product;
}

Result<void> Change(Product& product, const Expected& expected, Content content, SkuState& sku, SystemTime now) {
  if (!product.live()) return DeletedProduct();
  SOUK_RETURN_IF_ERROR(CheckVersion(expected, product.version));
  SOUK_RETURN_IF_ERROR(Check(content));
  if (content.sku != product.content.sku) return InvalidArgument("sku", "never changes: delete the product and create another");
  if (content == product.content) return {};
  product.content = std::move(content);
  Touch(product, sku, now);
  return {};
}

Result<void> Delete(Product& product, const Expected& expected, SkuState& sku, SystemTime now) {
  if (!product.live()) return DeletedProduct();
  SOUK_RETURN_IF_ERROR(CheckVersion(expected, product.version));
  product.deleted_at = now;
  sku.product.reset();
  Touch(product, sku, now);
  return {};
}

Result<void> Restore(Product& product, const Expected& expected, SkuState& sku, SystemTime now) {
  if (product.live()) return MakeError(ErrorCode::kFailedPrecondition, "the product is not deleted", "NOT_DELETED");
  SOUK_RETURN_IF_ERROR(CheckVersion(expected, product.version));
  if (sku.product) return SkuTaken(sku);
  product.deleted_at.reset();
  sku.product = product.id;
  Touch(product, sku, now);
  return {};
}

Result<Collection> CreateCollection(const Uuid& id, const CollectionContent& content, SystemTime now) {
  SOUK_RETURN_IF_ERROR(Check(content));
  return Collection{id, content, 1, now, now, false};
}

Result<void> ChangeCollection(Collection& collection, const Expected& expected, const CollectionContent& content, SystemTime now) {
  if (collection.deleted) return UnknownCollection();
  SOUK_RETURN_IF_ERROR(CheckVersion(expected, collection.version));
  SOUK_RETURN_IF_ERROR(Check(content));
  if (content == collection.content) return {};
  collection.content = content;
  ++collection.version;
  collection.updated_at = now;
  return {};
}

Result<void> DeleteCollection(Collection& collection, const Expected& expected, bool in_use, SystemTime now) {
  if (collection.deleted) return UnknownCollection();
  SOUK_RETURN_IF_ERROR(CheckVersion(expected, collection.version));
  if (in_use) return MakeError(ErrorCode::kFailedPrecondition, "live products are in the collection: take them out first", "COLLECTION_NOT_EMPTY");
  collection.deleted = true;
  ++collection.version;
  collection.updated_at = now;
  return {};
}

}  // namespace souk::products
