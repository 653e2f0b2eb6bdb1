#include <array>
#include <chrono>

#include "libs/base/time.hpp"
#include "services/products/adapters/sql_product_store.hpp"
#include "services/products/adapters/sql_rows.hpp"
#include "services/products/adapters/statements.hpp"

namespace souk::products {
namespace {

constexpr std::chrono::seconds kReadWait{2};

struct Order {
  const sql::Statement& up;
  const sql::Statement& down;
  const char* first;  ///< before everything
  const char* last;   ///< after everything
};

const Order& OrderOf(SortBy sort) {
  static const char* const kLastText = "\U0010FFFF\U0010FFFF\U0010FFFF";
  static const Order kName{statements::kNameUp, statements::kNameDown, "", kLastText};
  static const Order kSku{statements::kSkuUp, statements::kSkuDown, "", kLastText};
  static const Order kPrice{statements::kPriceUp, statements::kPriceDown, "0", "9223372036854775807"};
  static const Order kCreated{statements::kCreatedUp, statements::kCreatedDown, "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"};
  static const Order kUpdated{statements::kUpdatedUp, statements::kUpdatedDown, "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"};
  switch (sort) {
    case SortBy::kName: return kName;
    case SortBy::kSku: return kSku;
    case SortBy::kPrice: return kPrice;
    case SortBy::kUpdated: return kUpdated;
    case SortBy::kCreated: break;
  }
  return kCreated;
}

Uuid LastId() {
  std::array<std::uint8_t, 16> bytes;
  bytes.fill(0xff);
  return Uuid(bytes);
}

}  // namespace

Result<sql::Rows> SqlProductView::Query(const sql::Statement& statement, const std::vector<sql::Param>& params) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(std::chrono::steady_clock::now() + kReadWait));
  return connection->Query(statement, params);
}

Result<Product> SqlProductView::Get(const Uuid& id) {
  sql::Array ids;
  ids.Add(id);
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, Query(statements::kLoadProducts, {ids}));
  if (rows.empty()) return UnknownProduct();
  return ReadProduct(rows[0]);
}

Result<std::vector<Product>> SqlProductView::List(const ListQuery& query) {
  const Order& order = OrderOf(query.sort);
  const std::string key = query.after ? query.after->first : query.descending ? order.last : order.first;
  const Uuid id = query.after ? query.after->second : query.descending ? LastId() : Uuid();
  const std::string collection = query.collection ? query.collection->ToString() : "";
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, Query(query.descending ? order.down : order.up,
                                                    {query.deleted, collection, query.seller_id, query.sku, query.currency, query.price_min,
                                                     query.price_max, key, id, query.limit}));
  return ReadProducts(rows);
}

Result<std::vector<PricePoint>> SqlProductView::Prices(const Uuid& id) {
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, Query(statements::kPrices, {id}));
  if (rows.empty()) return UnknownProduct();
  std::vector<PricePoint> prices;
  rows.ForEach([&](const sql::Row& row) { prices.push_back({{row.Int(0), row.Text(1)}, row.Int(2), row.Time(3)}); });
  return prices;
}

Result<Collection> SqlProductView::GetCollection(const Uuid& id) {
  sql::Array ids;
  ids.Add(id);
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, Query(statements::kLoadCollections, {ids}));
  if (rows.empty()) return UnknownCollection();
  Collection collection = ReadCollection(rows[0]);
  if (collection.deleted) return UnknownCollection();
  return collection;
}

Result<std::vector<Collection>> SqlProductView::ListCollections(const std::optional<std::pair<std::string, Uuid>>& after, int limit) {
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, Query(statements::kListCollections, {after ? after->first : "", after ? after->second : Uuid(), limit}));
  std::vector<Collection> collections;
  rows.ForEach([&](const sql::Row& row) { collections.push_back(ReadCollection(row)); });
  return collections;
}

Result<std::optional<ImportState>> SqlProductView::GetImport(const Uuid& id) {
  sql::Array ids;
  ids.Add(id);
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, Query(statements::kLoadImports, {ids}));
  if (rows.empty()) return std::optional<ImportState>();
  return std::optional(ReadImport(rows[0]));
}

}  // namespace souk::products
