#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "libs/graphql/engine.hpp"

namespace souk::graphql::testing {

/// A small shop for tests: products with prices and related products, some fields of which fail.
struct Product {
  std::string id;
  std::string name;
  std::int64_t price = 0;
  std::vector<std::size_t> related;
};

struct Shop {
  std::vector<Product> products;
  std::vector<std::string> fetches;                      ///< "Type.field xN" of each batch
  std::deque<std::shared_ptr<Deferred>> deferred;        ///< of `slowName`
  std::vector<std::shared_ptr<EventSink>> listeners;
  int stopped = 0;
};

inline const char* const kShopSdl = R"(
  type Query {
    product(id: ID!): Product
    products(first: Int = 2): [Product!]! @listSize(slicingArguments: ["first"])
    anything: [Thing]
    echo(i: Int, f: Float, s: String, b: Boolean, e: Size, in: Filter, j: JSON, list: [[Int]]): String
    broken: Product
    connection(first: Int): Connection @listSize(slicingArguments: ["first"], sizedFields: ["nodes"])
  }
  type Mutation { rename(id: ID!, name: String!): Product failHard: Int! }
  type Subscription { priceChanged(id: ID!): Product }
  type Connection { nodes: [Product!]! }
  interface Thing { id: ID! }
  type Product implements Thing {
    id: ID! name: String! price: Int slowName: String related: [Product!]! size: Size
    must: String! failing: String mustFail: String! expensive: Int @cost(weight: 100)
  }
  type Shelf implements Thing { id: ID! row: Int }
  enum Size { SMALL LARGE }
  input Filter { min: Int = 1 tags: [String!] size: Size sub: Filter }
  scalar JSON
)";

Result<std::shared_ptr<Engine>> MakeShopEngine(EngineConfig config);
std::shared_ptr<Shop> MakeShop(std::size_t products);
/// Prepares and executes; the body, or what the refusal says.
std::string Ask(Engine& engine, const std::shared_ptr<Shop>& shop, const std::string& text, const std::string& variables = "{}",
                const std::string& operation = "");

}  // namespace souk::graphql::testing
