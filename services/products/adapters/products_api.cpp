#include "services/products/adapters/products_api.hpp"

#include <algorithm>

#include "libs/base/hash.hpp"
#include "services/products/adapters/codec.hpp"
#include "services/products/adapters/validate.hpp"

namespace souk::products {
namespace {

constexpr std::int64_t kUnitsMax = 100'000'000;

template <class Request>
Result<std::string> KeyOf(const rpc::Call& call, const Request& request) {
  std::string key = call.context.idempotency_key.empty() ? request.request_id() : call.context.idempotency_key;
  if (key.empty()) return MalformedField("request_id", "is required: the idempotency key of this call");
  if (key.size() > 255) return MalformedField("request_id", "must have at most 255 characters");
  return key;
}

/// What tells another content under the same key apart: all of the request but the key, and what If-Match said.
template <class Request>
std::string ContentHash(const rpc::Call& call, Request request) {
  request.clear_request_id();
  return Sha256Hex(HashOf(request) + call.header("if-match")).substr(0, 32);
}

void SetEtag(rpc::Call& call, std::int64_t version) { call.SetResponseHeader("ETag", "\"" + std::to_string(version) + "\""); }

void Answer(rpc::Call& call, const Outcome& outcome, v1::ProductResponse& response) {
  SetEtag(call, outcome.product->version);
  *response.mutable_product() = ToProto(*outcome.product);
}
void Answer(rpc::Call& call, const Outcome& outcome, v1::CollectionResponse& response) {
  SetEtag(call, outcome.collection->version);
  *response.mutable_collection() = ToProto(*outcome.collection);
}
void Answer(rpc::Call&, const Outcome& outcome, v1::StockRequestResponse& response) {
  response.set_product_id(outcome.product->id.ToString());
  response.set_sku(outcome.product->content.sku);
  response.set_movement_id(outcome.movement_id);
}

Result<void> CheckUnits(const std::string& field, std::int64_t units, std::int64_t min) {
  if (units >= min && units <= kUnitsMax && !(min < 0 && units == 0)) return {};
  return InvalidArgument(field, "must be " + std::to_string(min) + " to " + std::to_string(kUnitsMax) + (min < 0 ? ", and not 0" : ""));
}

}  // namespace

void ProductsApi::AddMethods(rpc::MethodTable& table) {
  const auto unary = [&]<class Req, class Resp>(const char* name, void (ProductsApi::*method)(rpc::CallPtr, const Req&, Done<Resp>)) {
    table.AddUnary<Req, Resp>(std::string("souk.products.v1.ProductsService/") + name,
                              [this, method](rpc::CallPtr call, std::shared_ptr<Req> request, std::function<void(Result<Resp>)> done) {
                                (this->*method)(std::move(call), *request, std::move(done));
                              });
  };
  unary("CreateProduct", &ProductsApi::CreateProduct);
  unary("GetProduct", &ProductsApi::GetProduct);
  unary("ListProducts", &ProductsApi::ListProducts);
  unary("ReplaceProduct", &ProductsApi::ReplaceProduct);
  unary("UpdateProduct", &ProductsApi::UpdateProduct);
  unary("DeleteProduct", &ProductsApi::DeleteProduct);
  unary("RestoreProduct", &ProductsApi::RestoreProduct);
  unary("GetPriceHistory", &ProductsApi::GetPriceHistory);
  unary("ReceiveProductStock", &ProductsApi::ReceiveStock);
  unary("AdjustProductStock", &ProductsApi::AdjustStock);
  unary("RecountProductStock", &ProductsApi::RecountStock);
  unary("CreateCollection", &ProductsApi::CreateCollection);
  unary("GetCollection", &ProductsApi::GetCollection);
  unary("ListCollections", &ProductsApi::ListCollections);
  unary("ReplaceCollection", &ProductsApi::ReplaceCollection);
  unary("DeleteCollection", &ProductsApi::DeleteCollection);
}

bool ProductsApi::Enter(const Uuid& key) {
  const std::lock_guard lock(mutex_);
  return in_flight_.insert(key).second;
}

void ProductsApi::Leave(const Uuid& key) {
  const std::lock_guard lock(mutex_);
  in_flight_.erase(key);
}

template <class Response>
void ProductsApi::Read(Done<Response> done, std::function<Result<Response>()> read) {
  const auto shared = std::make_shared<Done<Response>>(std::move(done));
  const Result<void> posted = readers_.Post([shared, read = std::move(read)] { (*shared)(read()); });
  if (!posted.ok()) (*shared)(posted.error());
}

template <class Request, class Response>
void ProductsApi::Change(const rpc::CallPtr& call, const Request& request, std::string_view name, const std::string& target, Job job, Done<Response> done) {
  const auto key = KeyOf(*call, request);
  if (!key.ok()) return done(key.error());
  const Uuid key_id = Uuid::FromName(name, target + "\n" + *key);
  if (!Enter(key_id)) return done(MakeError(ErrorCode::kAborted, "a call with this Idempotency-Key is being answered; ask again", "IN_FLIGHT"));
  const auto answer = std::make_shared<Done<Response>>([this, key_id, done = std::move(done)](Result<Response> response) {
    Leave(key_id);
    done(std::move(response));
  });
  Work work;
  work.job = std::move(job);
  work.key = KeyUse{key_id, ContentHash(*call, request)};
  work.causation_id = call->context.request_id;
  work.traceparent = call->context.trace.IsValid() ? call->context.trace.ToString() : std::string();
  work.done = [call, answer](Work& finished, const Result<void>& result) {
    if (!result.ok()) return (*answer)(result.error());
    if (finished.outcome.error) return (*answer)(*finished.outcome.error);
    if (finished.outcome.replayed) call->SetResponseHeader("Idempotent-Replayed", "true");
    Response response;
    Answer(*call, finished.outcome, response);
    (*answer)(std::move(response));
  };
  const Result<void> submitted = writer_.Submit(std::move(work));
  if (!submitted.ok()) (*answer)(submitted.error());
}

void ProductsApi::CreateProduct(rpc::CallPtr call, const v1::CreateProductRequest& request, Done<v1::ProductResponse> done) {
  auto content = FromProto(request.product());
  if (!content.ok()) return done(content.error());
  if (const auto checked = Check(*content); !checked.ok()) return done(checked.error());
  Change(call, request, "create product", "", CreateProductWork{NewUuidV7(clock_, random_), std::move(*content)}, std::move(done));
}

void ProductsApi::GetProduct(rpc::CallPtr call, const v1::GetProductRequest& request, Done<v1::ProductResponse> done) {
  const auto id = ParseId("product_id", request.product_id());
  if (!id.ok()) return done(id.error());
  Read<v1::ProductResponse>(std::move(done), [this, call, id = *id, show = request.show_deleted()]() -> Result<v1::ProductResponse> {
    SOUK_ASSIGN_OR_RETURN(const Product product, view_.Get(id));
    if (!product.live() && !show) return DeletedProduct();
    v1::ProductResponse response;
    SetEtag(*call, product.version);
    *response.mutable_product() = ToProto(product);
    return response;
  });
}

void ProductsApi::ListProducts(rpc::CallPtr, const v1::ListProductsRequest& request, Done<v1::ListProductsResponse> done) {
  auto query = ParseList(request);
  if (!query.ok()) return done(query.error());
  Read<v1::ListProductsResponse>(std::move(done), [this, query = std::move(*query)]() -> Result<v1::ListProductsResponse> {
    SOUK_ASSIGN_OR_RETURN(const std::vector<Product> products, view_.List(query));
    v1::ListProductsResponse response;
    const std::size_t shown = std::min(products.size(), static_cast<std::size_t>(query.limit - 1));
    for (std::size_t i = 0; i < shown; ++i) *response.add_products() = ToProto(products[i]);
    response.mutable_page();
    if (products.size() > shown) response.mutable_page()->set_next_page_token(PageToken(products[shown - 1], query));
    return response;
  });
}

void ProductsApi::ReplaceProduct(rpc::CallPtr call, const v1::ReplaceProductRequest& request, Done<v1::ProductResponse> done) {
  const auto id = ParseId("product_id", request.product_id());
  if (!id.ok()) return done(id.error());
  const auto expected = ParseExpected(call->header("if-match"), request.expected_version());
  if (!expected.ok()) return done(expected.error());
  auto content = FromProto(request.product());
  if (!content.ok()) return done(content.error());
  if (const auto checked = Check(*content); !checked.ok()) return done(checked.error());
  Edit edit = [content = std::move(*content)](const Content&) -> Result<Content> { return content; };
  Change(call, request, "replace product", request.product_id(), EditProductWork{*id, *expected, std::move(edit)}, std::move(done));
}

void ProductsApi::UpdateProduct(rpc::CallPtr call, const v1::UpdateProductRequest& request, Done<v1::ProductResponse> done) {
  const auto id = ParseId("product_id", request.product_id());
  if (!id.ok()) return done(id.error());
  const auto expected = ParseExpected(call->header("if-match"), request.expected_version());
  if (!expected.ok()) return done(expected.error());
  if (!request.has_patch()) return done(MalformedField("patch", "is required: a JSON merge patch"));
  Edit edit = [patch = request.patch()](const Content& content) { return Merge(content, patch); };
  Change(call, request, "update product", request.product_id(), EditProductWork{*id, *expected, std::move(edit)}, std::move(done));
}

void ProductsApi::DeleteProduct(rpc::CallPtr call, const v1::DeleteProductRequest& request, Done<v1::ProductResponse> done) {
  const auto id = ParseId("product_id", request.product_id());
  if (!id.ok()) return done(id.error());
  const auto expected = ParseExpected(call->header("if-match"), request.expected_version());
  if (!expected.ok()) return done(expected.error());
  Change(call, request, "delete product", request.product_id(), DeleteProductWork{*id, *expected}, std::move(done));
}

void ProductsApi::RestoreProduct(rpc::CallPtr call, const v1::RestoreProductRequest& request, Done<v1::ProductResponse> done) {
  const auto id = ParseId("product_id", request.product_id());
  if (!id.ok()) return done(id.error());
  const auto expected = ParseExpected(call->header("if-match"), request.expected_version());
  if (!expected.ok()) return done(expected.error());
  Change(call, request, "restore product", request.product_id(), RestoreProductWork{*id, *expected}, std::move(done));
}

void ProductsApi::GetPriceHistory(rpc::CallPtr, const v1::GetPriceHistoryRequest& request, Done<v1::GetPriceHistoryResponse> done) {
  const auto id = ParseId("product_id", request.product_id());
  if (!id.ok()) return done(id.error());
  Read<v1::GetPriceHistoryResponse>(std::move(done), [this, id = *id]() -> Result<v1::GetPriceHistoryResponse> {
    SOUK_ASSIGN_OR_RETURN(const std::vector<PricePoint> prices, view_.Prices(id));
    v1::GetPriceHistoryResponse response;
    for (const PricePoint& point : prices) *response.add_prices() = ToProto(point);
    return response;
  });
}

template <class Request>
void ProductsApi::RequestStock(const rpc::CallPtr& call, const Request& request, std::string_view name, StockWork work,
                               Done<v1::StockRequestResponse> done) {
  const auto id = ParseId("product_id", request.product_id());
  if (!id.ok()) return done(id.error());
  if (const auto reason = CheckReason(work.reason); !reason.ok()) return done(reason.error());
  work.product_id = *id;
  work.movement_id = "products:" + NewUuidV7(clock_, random_).ToString();
  Change(call, request, name, request.product_id(), std::move(work), std::move(done));
}

void ProductsApi::ReceiveStock(rpc::CallPtr call, const v1::ReceiveProductStockRequest& request, Done<v1::StockRequestResponse> done) {
  if (const auto units = CheckUnits("quantity", request.quantity(), 1); !units.ok()) return done(units.error());
  RequestStock(call, request, "receive stock", {{}, StockRequestKind::kReceive, request.quantity(), "", ""}, std::move(done));
}

void ProductsApi::AdjustStock(rpc::CallPtr call, const v1::AdjustProductStockRequest& request, Done<v1::StockRequestResponse> done) {
  if (const auto units = CheckUnits("difference", request.difference(), -kUnitsMax); !units.ok()) return done(units.error());
  RequestStock(call, request, "adjust stock", {{}, StockRequestKind::kAdjust, request.difference(), request.reason(), ""}, std::move(done));
}

void ProductsApi::RecountStock(rpc::CallPtr call, const v1::RecountProductStockRequest& request, Done<v1::StockRequestResponse> done) {
  if (const auto units = CheckUnits("counted", request.counted(), 0); !units.ok()) return done(units.error());
  RequestStock(call, request, "recount stock", {{}, StockRequestKind::kRecount, request.counted(), request.reason(), ""}, std::move(done));
}

void ProductsApi::CreateCollection(rpc::CallPtr call, const v1::CreateCollectionRequest& request, Done<v1::CollectionResponse> done) {
  CollectionContent content = FromProto(request.collection());
  if (const auto checked = Check(content); !checked.ok()) return done(checked.error());
  Change(call, request, "create collection", "", CreateCollectionWork{NewUuidV7(clock_, random_), std::move(content)}, std::move(done));
}

void ProductsApi::GetCollection(rpc::CallPtr call, const v1::GetCollectionRequest& request, Done<v1::CollectionResponse> done) {
  const auto id = ParseId("collection_id", request.collection_id());
  if (!id.ok()) return done(id.error());
  Read<v1::CollectionResponse>(std::move(done), [this, call, id = *id]() -> Result<v1::CollectionResponse> {
    SOUK_ASSIGN_OR_RETURN(const Collection collection, view_.GetCollection(id));
    v1::CollectionResponse response;
    SetEtag(*call, collection.version);
    *response.mutable_collection() = ToProto(collection);
    return response;
  });
}

void ProductsApi::ListCollections(rpc::CallPtr, const v1::ListCollectionsRequest& request, Done<v1::ListCollectionsResponse> done) {
  const auto size = ParsePageSize(request.page().page_size());
  if (!size.ok()) return done(size.error());
  const auto after = ParseCollectionToken(request.page().page_token());
  if (!after.ok()) return done(after.error());
  Read<v1::ListCollectionsResponse>(std::move(done), [this, size = *size, after = *after]() -> Result<v1::ListCollectionsResponse> {
    SOUK_ASSIGN_OR_RETURN(const std::vector<Collection> collections, view_.ListCollections(after, size + 1));
    v1::ListCollectionsResponse response;
    const std::size_t shown = std::min(collections.size(), static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < shown; ++i) *response.add_collections() = ToProto(collections[i]);
    response.mutable_page();
    if (collections.size() > shown) response.mutable_page()->set_next_page_token(PageToken(collections[shown - 1]));
    return response;
  });
}

void ProductsApi::ReplaceCollection(rpc::CallPtr call, const v1::ReplaceCollectionRequest& request, Done<v1::CollectionResponse> done) {
  const auto id = ParseId("collection_id", request.collection_id());
  if (!id.ok()) return done(id.error());
  const auto expected = ParseExpected(call->header("if-match"), request.expected_version());
  if (!expected.ok()) return done(expected.error());
  CollectionContent content = FromProto(request.collection());
  if (const auto checked = Check(content); !checked.ok()) return done(checked.error());
  Change(call, request, "replace collection", request.collection_id(), ReplaceCollectionWork{*id, *expected, std::move(content)}, std::move(done));
}

void ProductsApi::DeleteCollection(rpc::CallPtr call, const v1::DeleteCollectionRequest& request, Done<v1::CollectionResponse> done) {
  const auto id = ParseId("collection_id", request.collection_id());
  if (!id.ok()) return done(id.error());
  const auto expected = ParseExpected(call->header("if-match"), request.expected_version());
  if (!expected.ok()) return done(expected.error());
  Change(call, request, "delete collection", request.collection_id(), DeleteCollectionWork{*id, *expected}, std::move(done));
}

}  // namespace souk::products
