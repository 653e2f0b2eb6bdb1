// Times of the engine's phases for typical product queries. A measurement, not a test: nothing is asserted on it.
//   graphql-bench [seconds for each figure]
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "libs/graphql/engine.hpp"
#include "libs/graphql/json.hpp"

namespace souk::graphql {
namespace {

constexpr const char* kSdl = R"(
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) on FIELD_DEFINITION
  type Query {
    products(filter: Filter, sort: Sort = RELEVANCE, first: Int = 20): Products! @listSize(slicingArguments: ["first"], sizedFields: ["nodes"])
  }
  type Products { nodes: [Product!]! total: Int! facets: [Facet!]! @listSize(assumedSize: 3) }
  type Facet { name: String! values: [FacetValue!]! @listSize(assumedSize: 5) }
  type FacetValue { value: String! count: Int! }
  type Product { id: ID! name: String! price: Money! stock: Int! lowStock: Boolean! attributes: JSON }
  type Money { minorUnits: Int! currency: String! }
  input Filter { text: String collection: ID minPrice: Int maxPrice: Int inStock: Boolean attributes: [Attribute!] }
  input Attribute { name: String! values: [String!]! }
  enum Sort { RELEVANCE PRICE NAME NEWEST }
  scalar JSON
)";

// The 20 tokens against which the reference implementation was measured.
constexpr const char* kSmall = "{ products(first: 5) { nodes { ...P } } } fragment P on Product { id name stock }";
constexpr const char* kTypical = R"(query Search($filter: Filter, $first: Int!, $facets: Boolean!) {
  products(filter: $filter, sort: PRICE, first: $first) {
    total
    nodes { ...Card attributes }
    facets @include(if: $facets) { name values { value count } }
  }
}
fragment Card on Product { id name price { minorUnits currency } stock lowStock })";
constexpr const char* kVariables =
    R"({"filter":{"text":"shoe","minPrice":100,"inStock":true,"attributes":[{"name":"color","values":["red","blue"]},)"
    R"({"name":"size","values":["42"]}]},"first":20,"facets":true})";

void ResolveProduct(Batch& batch) {
  static constexpr std::string_view kAttributes = R"({"color":"red","size":"42","material":"leather"})";
  const std::string_view field = batch.field().name;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (field == "id") batch[i].StaticString("0190a4b2-7c1e-7d3a-9c55-0f2b1e6a9d01");
    else if (field == "name") batch[i].StaticString("Leather shoe, red, handmade");
    else if (field == "price") batch[i].Set(batch.Parent(i));
    else if (field == "stock") batch[i].Int(static_cast<std::int64_t>(batch.Parent(i).number));
    else if (field == "lowStock") batch[i].Boolean(batch.Parent(i).number < 5);
    else batch[i].RawJson(kAttributes);
  }
}

std::shared_ptr<Engine> MakeEngine() {
  Resolvers resolvers;
  resolvers.Field("Query", "products", [](Batch& batch) {
    batch[0].Set({nullptr, static_cast<std::uint64_t>(batch.Argument("first").AsInt()), nullptr});
  });
  resolvers.Field("Products", "total", [](Batch& batch) { batch[0].Int(12345); });
  resolvers.Field("Products", "nodes", [](Batch& batch) {
    batch[0].List(batch.Parent(0).number);
    for (std::size_t i = 0; i < batch.Parent(0).number; ++i) batch[0].Item(i).Set({nullptr, i, nullptr});
  });
  resolvers.Field("Products", "facets", [](Batch& batch) {
    batch[0].List(3);
    for (std::size_t i = 0; i < 3; ++i) batch[0].Item(i).Set({nullptr, i, nullptr});
  });
  resolvers.Field("Facet", "name", [](Batch& batch) { for (std::size_t i = 0; i < batch.size(); ++i) batch[i].StaticString("color"); });
  resolvers.Field("Facet", "values", [](Batch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      batch[i].List(5);
      for (std::size_t k = 0; k < 5; ++k) batch[i].Item(k).Set({nullptr, k, nullptr});
    }
  });
  resolvers.Field("FacetValue", "value", [](Batch& batch) { for (std::size_t i = 0; i < batch.size(); ++i) batch[i].StaticString("red"); });
  resolvers.Field("FacetValue", "count", [](Batch& batch) { for (std::size_t i = 0; i < batch.size(); ++i) batch[i].Int(17); });
  resolvers.Field("Money", "minorUnits", [](Batch& batch) { for (std::size_t i = 0; i < batch.size(); ++i) batch[i].Int(12999); });
  resolvers.Field("Money", "currency", [](Batch& batch) { for (std::size_t i = 0; i < batch.size(); ++i) batch[i].StaticString("EUR"); });
  resolvers.Type("Product", ResolveProduct);
  return Engine::Create(Schema::Build(kSdl).schema, resolvers).value();
}

/// Microseconds of processor time that this thread has used.
double Used() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// Microseconds for one call, the best of five rounds: other programs on the machine then count for little.
template <class F>
double Time(double seconds, F work) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const double start = Used();
    long calls = 0;
    while (Used() - start < seconds * 1e6 / 5) {
      for (int i = 0; i < 20; ++i) work();
      calls += 20;
    }
    best = std::min(best, (Used() - start) / static_cast<double>(calls));
  }
  return best;
}

void Measure(const char* name, Engine& engine, const std::string& query, const std::string& variables, double seconds) {
  const DocumentPtr document = Parse(query).document;
  std::size_t bytes = 0;
  const auto execute = [&](const std::shared_ptr<const Prepared>& prepared) {
    Request request;
    request.prepared = prepared;
    request.arena = std::make_shared<Arena>();
    request.variables = *ParseJson(variables, request.arena.get());
    engine.Execute(std::move(request), [&](Response response) { bytes = response.body.size(); });
  };
  const double parse = Time(seconds, [&] { (void)Parse(query); });
  const double validate = Time(seconds, [&] { (void)Validate(engine.schema(), *document); });
  const double cached = Time(seconds, [&] { (void)engine.Prepare(query); });
  const auto prepared = engine.Prepare(query).prepared;
  const double run = Time(seconds, [&] { execute(prepared); });
  std::printf("%-8s parse %6.2f us   validate %6.2f us   cached %6.2f us   execute %6.2f us (%zu bytes)\n", name, parse,
              validate, cached, run, bytes);
}

}  // namespace
}  // namespace souk::graphql

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  const auto engine = souk::graphql::MakeEngine();
  souk::graphql::Measure("small", *engine, souk::graphql::kSmall, "{}", seconds);
  souk::graphql::Measure("typical", *engine, souk::graphql::kTypical, souk::graphql::kVariables, seconds);
}
