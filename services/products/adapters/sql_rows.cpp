#include "services/products/adapters/sql_rows.hpp"

#include "services/products/adapters/codec.hpp"

namespace souk::products {

Result<Product> ReadProduct(const sql::Row& row) {
  Product product;
  product.id = row.Id(0);
  SOUK_ASSIGN_OR_RETURN(product.content, DecodeContent(row.Bytes(1)));
  product.version = row.Int(2);
  product.created_at = row.Time(3);
  product.updated_at = row.Time(4);
  product.deleted_at = row.OptionalTime(5);
  return product;
}

Result<std::vector<Product>> ReadProducts(const sql::Rows& rows) {
  std::vector<Product> products;
  products.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SOUK_ASSIGN_OR_RETURN(Product product, ReadProduct(rows[i]));
    products.push_back(std::move(product));
  }
  return products;
}

Collection ReadCollection(const sql::Row& row) {
  return {row.Id(0), {row.Text(1), row.Text(2), row.Text(3)}, row.Int(4), row.Time(5), row.Time(6), row.Bool(7)};
}

ImportState ReadImport(const sql::Row& row) { return {row.Id(0), row.Text(1), row.Int(2), row.Int(3), row.Int(4), row.Int(5), row.Int(6)}; }

}  // namespace souk::products
