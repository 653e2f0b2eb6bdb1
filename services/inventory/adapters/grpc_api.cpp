#include "services/inventory/adapters/grpc_api.hpp"

#include <unordered_set>

#include "services/inventory/adapters/codec.hpp"

namespace souk::inventory {
namespace {

constexpr std::int64_t kDifferenceMax = 100'000'000;
constexpr int kSkusMax = 500;

std::string Method(const char* name) { return std::string("souk.inventory.v1.InventoryService/") + name; }

Error Starting() { return MakeError(ErrorCode::kUnavailable, "the service is starting, try again", "STARTING"); }

template <class Response>
void WithReservation(const Outcome& outcome, Response* response) {
  if (outcome.reservation) codec::ToProto(*outcome.reservation, response->mutable_reservation());
}

Result<std::vector<std::string>> ParseSkus(const google::protobuf::RepeatedPtrField<std::string>& skus, int min) {
  if (skus.size() < min || skus.size() > kSkusMax) {
    return InvalidArgument("skus", "must hold " + std::to_string(min) + " to " + std::to_string(kSkusMax) + " SKUs");
  }
  for (int i = 0; i < skus.size(); ++i) SOUK_RETURN_IF_ERROR(codec::CheckSku(skus[i], "skus[" + std::to_string(i) + "]"));
  return std::vector<std::string>(skus.begin(), skus.end());
}

}  // namespace

template <class Request, class Response>
void GrpcApi::Add(rpc::MethodTable& table, const char* name,
                  void (GrpcApi::*handler)(const Call&, const std::shared_ptr<Request>&, Done<Response>)) {
  table.AddUnary<Request, Response>(Method(name), [this, handler](Call call, std::shared_ptr<Request> request, Done<Response> done) {
    if (!open_) return done(Starting());
    (this->*handler)(call, request, std::move(done));
  });
}

void GrpcApi::Register(rpc::MethodTable& table) {
  Add(table, "Reserve", &GrpcApi::Reserve);
  Add(table, "Release", &GrpcApi::Release);
  Add(table, "Commit", &GrpcApi::Commit);
  Add(table, "Restock", &GrpcApi::Restock);
  Add(table, "ReceiveStock", &GrpcApi::Receive);
  Add(table, "AdjustStock", &GrpcApi::Adjust);
  Add(table, "GetReservation", &GrpcApi::GetReservation);
  Add(table, "GetStock", &GrpcApi::GetStock);
  Add(table, "BatchGetStock", &GrpcApi::BatchGetStock);
  Add(table, "RebuildCounts", &GrpcApi::Rebuild);
  table.AddServerStream<v1::WatchStockRequest, v1::WatchStockResponse>(
      Method("WatchStock"), [this](Call call, std::shared_ptr<v1::WatchStockRequest> request,
                                   rpc::ServerWriter<v1::WatchStockResponse> writer) {
        if (!open_) return writer.Finish(Starting());
        Watch(call, request, std::move(writer));
      });
}

Work GrpcApi::NewWork(const Call& call, Command command) const {
  Work work;
  work.command = std::move(command);
  work.cause.now = parts_.clock->Now();
  work.trace = call->context.trace;
  work.deadline = call->context.deadline;
  return work;
}

template <class Response, class Answer>
void GrpcApi::Submit(const Call& call, Command command, Done<Response> done, Answer answer) {
  const bool gated = std::holds_alternative<inventory::Reserve>(command);
  Work work = NewWork(call, std::move(command));
  work.done = [done, answer](const Result<void>& result, Work& finished) {
    if (!result.ok()) return done(result.error());
    if (finished.outcome.error) return done(*finished.outcome.error);
    Response response;
    answer(finished.outcome, &response);
    done(std::move(response));
  };
  if (gated) return parts_.gate->Submit(std::move(work));
  const auto queued = parts_.ledger->Submit(std::move(work));
  if (!queued.ok()) done(queued.error());
}

void GrpcApi::Reserve(const Call& call, const std::shared_ptr<v1::ReserveRequest>& request, Done<v1::ReserveResponse> done) {
  const auto id = codec::ParseReservationId(request->reservation_id());
  if (!id.ok()) return done(id.error());
  auto lines = codec::ParseLines(request->lines(), 100);
  if (!lines.ok()) return done(lines.error());
  const auto hold = codec::ParseHold(request->has_hold(), request->hold(), parts_.hold_default);
  if (!hold.ok()) return done(hold.error());
  Submit<v1::ReserveResponse>(call, inventory::Reserve{*id, std::move(*lines), parts_.clock->Now() + *hold}, std::move(done),
                              WithReservation<v1::ReserveResponse>);
}

void GrpcApi::Release(const Call& call, const std::shared_ptr<v1::ReleaseRequest>& request, Done<v1::ReleaseResponse> done) {
  const auto id = codec::ParseReservationId(request->reservation_id());
  if (!id.ok()) return done(id.error());
  Submit<v1::ReleaseResponse>(call, inventory::Release{*id, ""}, std::move(done), WithReservation<v1::ReleaseResponse>);
}

void GrpcApi::Commit(const Call& call, const std::shared_ptr<v1::CommitRequest>& request, Done<v1::CommitResponse> done) {
  const auto id = codec::ParseReservationId(request->reservation_id());
  if (!id.ok()) return done(id.error());
  Submit<v1::CommitResponse>(call, inventory::Commit{*id}, std::move(done), WithReservation<v1::CommitResponse>);
}

void GrpcApi::Restock(const Call& call, const std::shared_ptr<v1::RestockRequest>& request, Done<v1::RestockResponse> done) {
  const auto id = codec::ParseReservationId(request->reservation_id());
  if (!id.ok()) return done(id.error());
  if (const auto named = codec::CheckName(request->restock_id(), "restock_id", 100); !named.ok()) return done(named.error());
  auto lines = codec::ParseLines(request->lines(), 100);
  if (!lines.ok()) return done(lines.error());
  Submit<v1::RestockResponse>(call, inventory::Restock{*id, request->restock_id(), std::move(*lines)}, std::move(done),
                              WithReservation<v1::RestockResponse>);
}

void GrpcApi::Receive(const Call& call, const std::shared_ptr<v1::ReceiveStockRequest>& request,
                      Done<v1::ReceiveStockResponse> done) {
  if (const auto named = codec::CheckName(request->movement_id(), "movement_id", 100); !named.ok()) return done(named.error());
  auto lines = codec::ParseLines(request->lines(), 500);
  if (!lines.ok()) return done(lines.error());
  Submit<v1::ReceiveStockResponse>(call, inventory::Receive{request->movement_id(), std::move(*lines)}, std::move(done),
                                   [this](const Outcome& outcome, v1::ReceiveStockResponse* response) {
                                     for (const Level& level : outcome.levels) *response->add_levels() = WithShards(level);
                                   });
}

void GrpcApi::Adjust(const Call& call, const std::shared_ptr<v1::AdjustStockRequest>& request,
                     Done<v1::AdjustStockResponse> done) {
  if (const auto named = codec::CheckName(request->movement_id(), "movement_id", 100); !named.ok()) return done(named.error());
  if (const auto sku = codec::CheckSku(request->sku(), "sku"); !sku.ok()) return done(sku.error());
  const std::int64_t difference = request->difference();
  if (difference == 0 || difference < -kDifferenceMax || difference > kDifferenceMax) {
    return done(InvalidArgument("difference", "must be -100000000 to 100000000 and not 0"));
  }
  if (!request->reason().empty()) {
    if (const auto reason = codec::CheckName(request->reason(), "reason", 200); !reason.ok()) return done(reason.error());
  }
  Submit<v1::AdjustStockResponse>(
      call, inventory::Adjust{request->movement_id(), request->sku(), difference, request->reason()}, std::move(done),
      [this](const Outcome& outcome, v1::AdjustStockResponse* response) {
        if (!outcome.levels.empty()) *response->mutable_level() = WithShards(outcome.levels.front());
      });
}

void GrpcApi::GetReservation(const Call&, const std::shared_ptr<v1::GetReservationRequest>& request,
                             Done<v1::GetReservationResponse> done) {
  const auto id = codec::ParseReservationId(request->reservation_id());
  if (!id.ok()) return done(id.error());
  parts_.reader->Find(*id, [done = std::move(done)](Result<Reservation> found) {
    if (!found.ok()) return done(found.error());
    v1::GetReservationResponse response;
    codec::ToProto(*found, response.mutable_reservation());
    done(std::move(response));
  });
}

v1::StockLevel GrpcApi::WithShards(const Level& level) const {
  v1::StockLevel proto = codec::ToProto(level);
  proto.set_shards(parts_.availability == nullptr ? 0 : parts_.availability->ShardsOf(level.sku));
  return proto;
}

void GrpcApi::Levels(const std::vector<std::string>& skus, std::function<void(Result<std::vector<v1::StockLevel>>)> done) {
  parts_.reader->Levels(skus, [this, skus, done = std::move(done)](Result<std::vector<Level>> levels) {
    std::vector<v1::StockLevel> protos;
    if (levels.ok()) {
      for (const Level& level : *levels) {
        parts_.board->OnLevel(level);
        protos.push_back(WithShards(level));
      }
      return done(std::move(protos));
    }
    for (const std::string& sku : skus) {
      const auto known = parts_.board->Get(sku);
      if (!known) return done(levels.error());
      protos.push_back(WithShards(*known));
      protos.back().set_stale(true);
    }
    done(std::move(protos));
  });
}

void GrpcApi::GetStock(const Call&, const std::shared_ptr<v1::GetStockRequest>& request, Done<v1::GetStockResponse> done) {
  if (const auto sku = codec::CheckSku(request->sku(), "sku"); !sku.ok()) return done(sku.error());
  Levels({request->sku()}, [request, done = std::move(done)](Result<std::vector<v1::StockLevel>> levels) {
    if (!levels.ok()) return done(levels.error());
    if (levels->empty()) return done(UnknownSku(request->sku()));
    v1::GetStockResponse response;
    *response.mutable_level() = std::move(levels->front());
    done(std::move(response));
  });
}

void GrpcApi::BatchGetStock(const Call&, const std::shared_ptr<v1::BatchGetStockRequest>& request,
                            Done<v1::BatchGetStockResponse> done) {
  auto skus = ParseSkus(request->skus(), 1);
  if (!skus.ok()) return done(skus.error());
  Levels(*skus, [skus = *skus, done = std::move(done)](Result<std::vector<v1::StockLevel>> levels) {
    if (!levels.ok()) return done(levels.error());
    v1::BatchGetStockResponse response;
    std::unordered_set<std::string> found;
    for (v1::StockLevel& level : *levels) {
      if (found.insert(level.sku()).second) *response.add_levels() = std::move(level);
    }
    for (const std::string& sku : skus) {
      if (found.insert(sku).second) response.add_missing(sku);
    }
    done(std::move(response));
  });
}

void GrpcApi::Rebuild(const Call&, const std::shared_ptr<v1::RebuildCountsRequest>& request, Done<v1::RebuildCountsResponse> done) {
  if (parts_.keeper == nullptr) {
    return done(MakeError(ErrorCode::kFailedPrecondition, "this service runs without Redis", "REDIS_DISABLED"));
  }
  auto skus = ParseSkus(request->skus(), 0);
  if (!skus.ok()) return done(skus.error());
  parts_.keeper->Rebuild(std::move(*skus), [done = std::move(done)](Result<CountKeeper::Rebuilt> rebuilt) {
    if (!rebuilt.ok()) return done(rebuilt.error());
    v1::RebuildCountsResponse response;
    response.set_skus_rebuilt(rebuilt->rebuilt);
    response.set_skus_differing(rebuilt->differing);
    done(std::move(response));
  });
}

void GrpcApi::Watch(const Call&, const std::shared_ptr<v1::WatchStockRequest>& request,
                    rpc::ServerWriter<v1::WatchStockResponse> writer) {
  auto skus = ParseSkus(request->skus(), 1);
  if (!skus.ok()) return writer.Finish(skus.error());
  const int versions = request->after_versions_size();
  if (versions != 0 && versions != request->skus_size()) {
    return writer.Finish(InvalidArgument("after_versions", "must be empty or hold one version for each sku"));
  }
  const std::vector<std::int64_t> after(request->after_versions().begin(), request->after_versions().end());
  parts_.reader->Levels(*skus, [this, skus = *skus, after, writer](Result<std::vector<Level>> levels) mutable {
    if (!levels.ok()) return writer.Finish(levels.error());
    std::unordered_set<std::string> known;
    for (const Level& level : *levels) known.insert(level.sku);
    for (const std::string& sku : skus) {
      if (!known.contains(sku)) return writer.Finish(UnknownSku(sku));
    }
    parts_.watches->Open(skus, after, *levels, std::move(writer));
  });
}

}  // namespace souk::inventory
