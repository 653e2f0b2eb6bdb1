#include "libs/graphql/test_shop.hpp"

#include "libs/graphql/json.hpp"

namespace souk::graphql::testing {
namespace {

void Log(Batch& batch) {
  batch.Context<Shop>().fetches.push_back(std::string(batch.field().parent->name) + "." + std::string(batch.field().name) + " x" +
                                          std::to_string(batch.size()));
}

void ResolveProduct(Batch& batch) {
  Log(batch);
  const std::string_view field = batch.field().name;
  const Shop& shop = batch.Context<Shop>();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Product& product = batch.Parent(i).As<Product>();
    Slot slot = batch[i];
    if (field == "id") slot.StaticString(product.id);
    if (field == "name") slot.String(product.name);
    if (field == "price" || field == "expensive") slot.Int(product.price);
    if (field == "size") slot.StaticString(product.price > 1 ? "LARGE" : "SMALL");
    if (field == "failing" || field == "mustFail") slot.Error("No luck with " + product.id + ".");
    if (field == "related") {
      slot.List(product.related.size());
      for (std::size_t k = 0; k < product.related.size(); ++k) slot.Item(k).Set({&shop.products[product.related[k]], 0, nullptr});
    }
  }
}

void ResolveQuery(Batch& batch) {
  Log(batch);
  const std::string_view field = batch.field().name;
  Shop& shop = batch.Context<Shop>();
  Slot slot = batch[0];
  if (field == "product") {
    for (const Product& product : shop.products) {
      if (product.id == batch.Argument("id").AsText()) slot.Set({&product, 0, nullptr});
    }
  } else if (field == "products") {
    const auto count = std::min<std::size_t>(shop.products.size(), static_cast<std::size_t>(batch.Argument("first").AsInt()));
    slot.List(count);
    for (std::size_t i = 0; i < count; ++i) slot.Item(i).Set({&shop.products[i], 0, nullptr});
  } else if (field == "anything") {
    slot.List(4);
    slot.Item(0).Set({&shop.products[0], 0, batch.schema().FindType("Product")});
    slot.Item(1).Set({nullptr, 7, batch.schema().FindType("Shelf")});
    slot.Item(2).Set({&shop.products[1], 0, batch.schema().FindType("Product")});
  } else if (field == "echo") {
    std::string json;
    AppendJson(Value::Members(batch.arguments()), &json);
    slot.String(json);
  } else if (field == "connection") {
    slot.Set({});
  } else {
    batch.FailAll("Broken.", "UNAVAILABLE");
  }
}

}  // namespace

Result<std::shared_ptr<Engine>> MakeShopEngine(EngineConfig config) {
  Resolvers resolvers;
  resolvers.Type("Query", ResolveQuery).Type("Product", ResolveProduct);
  resolvers.Field("Product", "slowName", [](Batch& batch) {
    Log(batch);
    batch.Context<Shop>().deferred.push_back(batch.Defer());
  });
  resolvers.Type("Shelf", [](Batch& batch) {
    Log(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i].Int(static_cast<std::int64_t>(batch.Parent(i).number));
  });
  resolvers.Field("Connection", "nodes", [](Batch& batch) { batch[0].List(0); });
  resolvers.Field("Mutation", "rename", [](Batch& batch) {
    Log(batch);
    for (Product& product : batch.Context<Shop>().products) {
      if (product.id != batch.Argument("id").AsText()) continue;
      product.name = batch.Argument("name").AsText();
      batch[0].Set({&product, 0, nullptr});
    }
  });
  resolvers.Field("Mutation", "failHard", [](Batch& batch) { Log(batch); });
  resolvers.Field("Subscription", "priceChanged", [](Batch& batch) { batch[0].Set({batch.Parent(0).data, 0, nullptr}); });
  Subscribers subscribers;
  subscribers["priceChanged"] = [](const SubscribeCall& call, std::shared_ptr<EventSink> sink) -> Result<std::function<void()>> {
    auto* shop = static_cast<Shop*>(call.context);
    if (call.Argument("id").AsText() == "none") return MakeError(ErrorCode::kNotFound, "There is no such product.");
    shop->listeners.push_back(std::move(sink));
    return std::function<void()>([shop] { ++shop->stopped; });
  };
  BuiltSchema built = Schema::Build(std::string(kCostDirectives) + kShopSdl);
  if (!built.errors.empty()) return MakeError(ErrorCode::kInvalidArgument, built.errors[0].message);
  return Engine::Create(built.schema, resolvers, subscribers, std::move(config));
}

std::shared_ptr<Shop> MakeShop(std::size_t products) {
  auto shop = std::make_shared<Shop>();
  for (std::size_t i = 0; i < products; ++i) {
    shop->products.push_back({"p" + std::to_string(i), "Name \"" + std::to_string(i) + "\"", static_cast<std::int64_t>(i), {(i + 1) % products}});
  }
  return shop;
}

std::string Ask(Engine& engine, const std::shared_ptr<Shop>& shop, const std::string& text, const std::string& variables,
                const std::string& operation) {
  const Preparation prepared = engine.Prepare(text);
  if (!prepared.ok()) return Engine::Refuse(prepared.errors).body;
  Request request;
  request.prepared = prepared.prepared;
  request.operation_name = operation;
  request.arena = std::make_shared<Arena>();
  request.variables = ParseJson(variables, request.arena.get()).value_or(Value());
  request.context = shop;
  std::string body = "not done";
  engine.Execute(std::move(request), [&](Response response) { body = std::move(response.body); });
  return body;
}

}  // namespace souk::graphql::testing
