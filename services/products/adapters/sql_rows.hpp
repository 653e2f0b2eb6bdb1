#pragma once

#include "libs/sql/connection.hpp"
#include "services/products/app/ports.hpp"

namespace souk::products {

/// Columns of SOUK_PRODUCT_COLUMNS, SOUK_COLLECTION_COLUMNS and kLoadImports. kInternal for a document that can't be read.
Result<Product> ReadProduct(const sql::Row& row);
Result<std::vector<Product>> ReadProducts(const sql::Rows& rows);
Collection ReadCollection(const sql::Row& row);
ImportState ReadImport(const sql::Row& row);

}  // namespace souk::products
