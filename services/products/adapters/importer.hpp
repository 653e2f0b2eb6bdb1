#pragma once

#include "libs/base/random.hpp"
#include "libs/chassis/thread_pool.hpp"
#include "libs/http/router.hpp"
#include "libs/rpc/method_table.hpp"
#include "services/products/adapters/writer.hpp"
#include "souk/products/v1/products_service.pb.h"

namespace souk::products {

/// Bulk import on both wires: reads a part, has it applied in one transaction with the number of its last line, reads the next. A call ends when its content, its
/// deadline or its share of lines does; the same import key goes on from there.
class Importer {
 public:
  Importer(Writer& writer, ProductView& view, const Clock& clock, Random& random, std::size_t lines_per_part);

  void AddMethods(rpc::MethodTable& table);
  void AddRoutes(http::Router& router);
  void Stop() { workers_.Stop(); }

 private:
  Result<v1::ImportProductsResponse> Import(const v1::ImportProductsRequest& request, const Context& context);
  Result<void> ApplyPart(ImportWork part, const Context& context, v1::ImportProductsResponse& response);
  void Upload(http::Request request, http::Responder responder);

  Writer& writer_;
  ProductView& view_;
  const Clock& clock_;
  Random& random_;
  const std::size_t lines_per_part_;
  chassis::ThreadPool workers_;
};

}  // namespace souk::products
