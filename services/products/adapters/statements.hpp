#pragma once

#include "libs/sql/connection.hpp"

// Every SQL text of the service.

// Columns in the order that ReadProduct expects.
#define SOUK_PRODUCT_COLUMNS "p.product_id, p.document, p.version, p.created_at, p.updated_at, p.deleted_at"
#define SOUK_COLLECTION_COLUMNS "collection_id, name, description, language, version, created_at, updated_at, deleted"
// $1 deleted, $2 collection, $3 seller, $4 sku, $5 currency ('' = any), $6 and $7 price (0 = no bound), $8 and $9 after, $10 limit.
#define SOUK_PRODUCT_FILTER \
  "(p.deleted_at IS NOT NULL) = $1::BOOL AND ($3::TEXT = '' OR p.seller_id = $3::TEXT) AND ($4::TEXT = '' OR p.sku = $4::TEXT) " \
  "AND ($5::TEXT = '' OR p.currency = $5::TEXT) AND p.price_minor >= $6::INT8 AND ($7::INT8 = 0 OR p.price_minor <= $7::INT8) " \
  "AND ($2::TEXT = '' OR EXISTS (SELECT 1 FROM product_collections AS c WHERE c.product_id = p.product_id AND c.collection_id::TEXT = $2::TEXT)) "

namespace souk::products::statements {

inline constexpr sql::Statement kLoadKeys{"load_keys", "SELECT key_id, request_hash, answer FROM call_keys WHERE key_id = ANY($1::UUID[])"};

inline constexpr sql::Statement kInsertKeys{"insert_keys",
    "INSERT INTO call_keys (key_id, request_hash, answer) SELECT d.id, d.hash, d.answer "
    "FROM unnest($1::UUID[], $2::TEXT[], $3::BYTEA[]) AS d (id, hash, answer)"};

inline constexpr sql::Statement kLoadProducts{"load_products",
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM products AS p WHERE p.product_id = ANY($1::UUID[])"};

inline constexpr sql::Statement kInsertProducts{"insert_products", R"(
INSERT INTO products (product_id, sku, seller_id, name, price_minor, currency, document, version, created_at, updated_at, deleted_at)
SELECT d.id, d.sku, d.seller, d.name, d.price, d.currency, d.document, d.version, d.created, d.updated, d.deleted
FROM unnest($1::UUID[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::INT8[], $6::TEXT[], $7::BYTEA[], $8::INT8[], $9::TIMESTAMPTZ[],
            $10::TIMESTAMPTZ[], $11::TIMESTAMPTZ[])
  AS d (id, sku, seller, name, price, currency, document, version, created, updated, deleted))"};

inline constexpr sql::Statement kUpdateProducts{"update_products", R"(
UPDATE products AS p SET seller_id = d.seller, name = d.name, price_minor = d.price, currency = d.currency, document = d.document,
  version = d.version, updated_at = d.updated, deleted_at = d.deleted
FROM unnest($1::UUID[], $2::INT8[], $3::TEXT[], $4::TEXT[], $5::INT8[], $6::TEXT[], $7::BYTEA[], $8::INT8[], $9::TIMESTAMPTZ[],
            $10::TIMESTAMPTZ[])
  AS d (id, before, seller, name, price, currency, document, version, updated, deleted)
WHERE p.product_id = d.id AND p.version = d.before)"};

inline constexpr sql::Statement kClearCollections{"clear_collections", "DELETE FROM product_collections WHERE product_id = ANY($1::UUID[])"};

inline constexpr sql::Statement kInsertMemberships{"insert_memberships",
    "INSERT INTO product_collections (collection_id, product_id) SELECT * FROM unnest($1::UUID[], $2::UUID[])"};

inline constexpr sql::Statement kInsertPrices{"insert_prices", R"(
INSERT INTO price_changes (product_id, version, price_minor, currency, since)
SELECT * FROM unnest($1::UUID[], $2::INT8[], $3::INT8[], $4::TEXT[], $5::TIMESTAMPTZ[]))"};

inline constexpr sql::Statement kLoadSkus{"load_skus", "SELECT sku, product_id, version, stock_requests FROM skus WHERE sku = ANY($1::TEXT[])"};

inline constexpr sql::Statement kSaveSkus{"save_skus", R"(
INSERT INTO skus (sku, product_id, version, stock_requests)
SELECT * FROM unnest($1::TEXT[], $2::UUID[], $3::INT8[], $4::INT8[])
ON CONFLICT (sku) DO UPDATE SET product_id = excluded.product_id, version = excluded.version, stock_requests = excluded.stock_requests)"};

inline constexpr sql::Statement kLoadCollections{"load_collections",
    "SELECT " SOUK_COLLECTION_COLUMNS " FROM collections WHERE collection_id = ANY($1::UUID[])"};

inline constexpr sql::Statement kInsertCollections{"insert_collections", R"(
INSERT INTO collections (collection_id, name, description, language, version, created_at, updated_at, deleted)
SELECT * FROM unnest($1::UUID[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::INT8[], $6::TIMESTAMPTZ[], $7::TIMESTAMPTZ[], $8::BOOL[]))"};

inline constexpr sql::Statement kUpdateCollections{"update_collections", R"(
UPDATE collections AS c SET name = d.name, description = d.description, language = d.language, version = d.version, updated_at = d.updated,
  deleted = d.deleted
FROM unnest($1::UUID[], $2::INT8[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::INT8[], $7::TIMESTAMPTZ[], $8::BOOL[])
  AS d (id, before, name, description, language, version, updated, deleted)
WHERE c.collection_id = d.id AND c.version = d.before)"};

inline constexpr sql::Statement kCollectionsInUse{"collections_in_use", R"(
SELECT d.id FROM unnest($1::UUID[]) AS d (id) WHERE EXISTS (
  SELECT 1 FROM product_collections AS c JOIN products AS p ON p.product_id = c.product_id
  WHERE c.collection_id = d.id AND p.deleted_at IS NULL))"};

inline constexpr sql::Statement kLoadImports{"load_imports",
    "SELECT import_id, name, last_line, created, updated, unchanged, refused FROM imports WHERE import_id = ANY($1::UUID[])"};

/// Guarded by the line that it stood at; a new one has stood at -1.
inline constexpr sql::Statement kSaveImports{"save_imports", R"(
INSERT INTO imports (import_id, name, last_line, created, updated, unchanged, refused)
SELECT d.id, d.name, d.last_line, d.created, d.updated, d.unchanged, d.refused
FROM unnest($1::UUID[], $2::TEXT[], $3::INT8[], $4::INT8[], $5::INT8[], $6::INT8[], $7::INT8[])
  AS d (id, name, last_line, created, updated, unchanged, refused)
ON CONFLICT (import_id) DO UPDATE SET last_line = excluded.last_line, created = excluded.created, updated = excluded.updated,
  unchanged = excluded.unchanged, refused = excluded.refused, updated_at = now()
WHERE imports.last_line < excluded.last_line)"};

// Reads.

inline constexpr sql::Statement kNameUp{"name_up",
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM products AS p WHERE " SOUK_PRODUCT_FILTER " AND "
    "(p.name, p.product_id) > ($8::TEXT, $9::UUID) ORDER BY p.name, p.product_id LIMIT $10::INT8"};
inline constexpr sql::Statement kNameDown{"name_down",
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM products AS p WHERE " SOUK_PRODUCT_FILTER " AND "
    "(p.name, p.product_id) < ($8::TEXT, $9::UUID) ORDER BY p.name DESC, p.product_id DESC LIMIT $10::INT8"};
inline constexpr sql::Statement kSkuUp{"sku_up",
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM products AS p WHERE " SOUK_PRODUCT_FILTER " AND "
    "(p.sku, p.product_id) > ($8::TEXT, $9::UUID) ORDER BY p.sku, p.product_id LIMIT $10::INT8"};
inline constexpr sql::Statement kSkuDown{"sku_down",
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM products AS p WHERE " SOUK_PRODUCT_FILTER " AND "
    "(p.sku, p.product_id) < ($8::TEXT, $9::UUID) ORDER BY p.sku DESC, p.product_id DESC LIMIT $10::INT8"};
inline constexpr sql::Statement kPriceUp{"price_up",
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM products AS p WHERE " SOUK_PRODUCT_FILTER " AND "
    "(p.price_minor, p.product_id) > ($8::INT8, $9::UUID) ORDER BY p.price_minor, p.product_id LIMIT $10::INT8"};
inline constexpr sql::Statement kPriceDown{"price_down",
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM products AS p WHERE " SOUK_PRODUCT_FILTER " AND "
    "(p.price_minor, p.product_id) < ($8::INT8, $9::UUID) ORDER BY p.price_minor DESC, p.product_id DESC LIMIT $10::INT8"};
inline constexpr sql::Statement kCreatedUp{"created_up",
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM products AS p WHERE " SOUK_PRODUCT_FILTER " AND "
    "(p.created_at, p.product_id) > ($8::TIMESTAMPTZ, $9::UUID) ORDER BY p.created_at, p.product_id LIMIT $10::INT8"};
inline constexpr sql::Statement kCreatedDown{"created_down",
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM products AS p WHERE " SOUK_PRODUCT_FILTER " AND "
    "(p.created_at, p.product_id) < ($8::TIMESTAMPTZ, $9::UUID) ORDER BY p.created_at DESC, p.product_id DESC LIMIT $10::INT8"};
inline constexpr sql::Statement kUpdatedUp{"updated_up",
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM products AS p WHERE " SOUK_PRODUCT_FILTER " AND "
    "(p.updated_at, p.product_id) > ($8::TIMESTAMPTZ, $9::UUID) ORDER BY p.updated_at, p.product_id LIMIT $10::INT8"};
inline constexpr sql::Statement kUpdatedDown{"updated_down",
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM products AS p WHERE " SOUK_PRODUCT_FILTER " AND "
    "(p.updated_at, p.product_id) < ($8::TIMESTAMPTZ, $9::UUID) ORDER BY p.updated_at DESC, p.product_id DESC LIMIT $10::INT8"};

inline constexpr sql::Statement kPrices{"prices",
    "SELECT price_minor, currency, version, since FROM price_changes WHERE product_id = $1::UUID ORDER BY version DESC LIMIT 1000"};

inline constexpr sql::Statement kListCollections{"list_collections",
    "SELECT " SOUK_COLLECTION_COLUMNS " FROM collections WHERE NOT deleted AND (name, collection_id) > ($1::TEXT, $2::UUID) "
    "ORDER BY name, collection_id LIMIT $3::INT8"};

}  // namespace souk::products::statements
