#pragma once

#include <mutex>
#include <unordered_set>

#include "libs/base/random.hpp"
#include "libs/chassis/thread_pool.hpp"
#include "libs/rpc/method_table.hpp"
#include "services/products/adapters/writer.hpp"
#include "souk/products/v1/products_service.pb.h"

namespace souk::products {

/// souk.products.v1.ProductsService on both wires. Nothing here blocks: changes go to the writer, reads to the reader threads.
class ProductsApi {
 public:
  ProductsApi(Writer& writer, ProductView& view, chassis::ThreadPool& readers, const Clock& clock, Random& random)
      : writer_(writer), view_(view), readers_(readers), clock_(clock), random_(random) {}

  void AddMethods(rpc::MethodTable& table);

 private:
  template <class Response>
  using Done = std::function<void(Result<Response>)>;

  void CreateProduct(rpc::CallPtr call, const v1::CreateProductRequest& request, Done<v1::ProductResponse> done);
  void GetProduct(rpc::CallPtr call, const v1::GetProductRequest& request, Done<v1::ProductResponse> done);
  void ListProducts(rpc::CallPtr call, const v1::ListProductsRequest& request, Done<v1::ListProductsResponse> done);
  void ReplaceProduct(rpc::CallPtr call, const v1::ReplaceProductRequest& request, Done<v1::ProductResponse> done);
  void UpdateProduct(rpc::CallPtr call, const v1::UpdateProductRequest& request, Done<v1::ProductResponse> done);
  void DeleteProduct(rpc::CallPtr call, const v1::DeleteProductRequest& request, Done<v1::ProductResponse> done);
  void RestoreProduct(rpc::CallPtr call, const v1::RestoreProductRequest& request, Done<v1::ProductResponse> done);
  void GetPriceHistory(rpc::CallPtr call, const v1::GetPriceHistoryRequest& request, Done<v1::GetPriceHistoryResponse> done);
  void ReceiveStock(rpc::CallPtr call, const v1::ReceiveProductStockRequest& request, Done<v1::StockRequestResponse> done);
  void AdjustStock(rpc::CallPtr call, const v1::AdjustProductStockRequest& request, Done<v1::StockRequestResponse> done);
  void RecountStock(rpc::CallPtr call, const v1::RecountProductStockRequest& request, Done<v1::StockRequestResponse> done);
  void CreateCollection(rpc::CallPtr call, const v1::CreateCollectionRequest& request, Done<v1::CollectionResponse> done);
  void GetCollection(rpc::CallPtr call, const v1::GetCollectionRequest& request, Done<v1::CollectionResponse> done);
  void ListCollections(rpc::CallPtr call, const v1::ListCollectionsRequest& request, Done<v1::ListCollectionsResponse> done);
  void ReplaceCollection(rpc::CallPtr call, const v1::ReplaceCollectionRequest& request, Done<v1::CollectionResponse> done);
  void DeleteCollection(rpc::CallPtr call, const v1::DeleteCollectionRequest& request, Done<v1::CollectionResponse> done);

  /// Submits `job` under the call's idempotency key; `done` gets what Answer(outcome) makes of it.
  template <class Request, class Response>
  void Change(const rpc::CallPtr& call, const Request& request, std::string_view name, const std::string& target, Job job, Done<Response> done);
  template <class Request>
  void RequestStock(const rpc::CallPtr& call, const Request& request, std::string_view name, StockWork work, Done<v1::StockRequestResponse> done);
  /// Runs `read` on a reader thread; its error, or a full queue, goes to `done`.
  template <class Response>
  void Read(Done<Response> done, std::function<Result<Response>()> read);
  bool Enter(const Uuid& key);  ///< false: a call with this key is being answered
  void Leave(const Uuid& key);

  Writer& writer_;
  ProductView& view_;
  chassis::ThreadPool& readers_;
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::unordered_set<Uuid> in_flight_;
};

}  // namespace souk::products
