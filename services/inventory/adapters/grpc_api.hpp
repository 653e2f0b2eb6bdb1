#pragma once

#include <atomic>

#include "libs/rpc/method_table.hpp"
#include "services/inventory/adapters/watch_hub.hpp"
#include "services/inventory/app/count_keeper.hpp"
#include "services/inventory/app/level_board.hpp"
#include "services/inventory/app/reserve_gate.hpp"
#include "souk/inventory/v1/inventory_service.pb.h"

namespace souk::inventory {

/// souk.inventory.v1.InventoryService for gRPC and REST. Handlers check, queue and return; answers come later.
class GrpcApi {
 public:
  struct Parts {
    ReserveGate* gate = nullptr;
    WorkQueue* ledger = nullptr;
    StockReader* reader = nullptr;
    Availability* availability = nullptr;  ///< null without Redis
    CountKeeper* keeper = nullptr;         ///< null without Redis
    LevelBoard* board = nullptr;
    WatchHub* watches = nullptr;
    const Clock* clock = nullptr;
    std::chrono::microseconds hold_default{};
  };
  explicit GrpcApi(Parts parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);
  /// Until then every call is refused with kUnavailable.
  void Open() { open_ = true; }

 private:
  template <class Response>
  using Done = std::function<void(Result<Response>)>;
  using Call = rpc::CallPtr;

  template <class Request, class Response>
  void Add(rpc::MethodTable& table, const char* name,
           void (GrpcApi::*handler)(const Call&, const std::shared_ptr<Request>&, Done<Response>));

  void Reserve(const Call& call, const std::shared_ptr<v1::ReserveRequest>& request, Done<v1::ReserveResponse> done);
  void Release(const Call& call, const std::shared_ptr<v1::ReleaseRequest>& request, Done<v1::ReleaseResponse> done);
  void Commit(const Call& call, const std::shared_ptr<v1::CommitRequest>& request, Done<v1::CommitResponse> done);
  void Restock(const Call& call, const std::shared_ptr<v1::RestockRequest>& request, Done<v1::RestockResponse> done);
  void Receive(const Call& call, const std::shared_ptr<v1::ReceiveStockRequest>& request, Done<v1::ReceiveStockResponse> done);
  void Adjust(const Call& call, const std::shared_ptr<v1::AdjustStockRequest>& request, Done<v1::AdjustStockResponse> done);
  void GetReservation(const Call& call, const std::shared_ptr<v1::GetReservationRequest>& request,
                      Done<v1::GetReservationResponse> done);
  void GetStock(const Call& call, const std::shared_ptr<v1::GetStockRequest>& request, Done<v1::GetStockResponse> done);
  void BatchGetStock(const Call& call, const std::shared_ptr<v1::BatchGetStockRequest>& request,
                     Done<v1::BatchGetStockResponse> done);
  void Rebuild(const Call& call, const std::shared_ptr<v1::RebuildCountsRequest>& request, Done<v1::RebuildCountsResponse> done);
  void Watch(const Call& call, const std::shared_ptr<v1::WatchStockRequest>& request,
             rpc::ServerWriter<v1::WatchStockResponse> writer);

  /// Queues a command; `answer` makes the response of its outcome.
  template <class Response, class Answer>
  void Submit(const Call& call, Command command, Done<Response> done, Answer answer);
  Work NewWork(const Call& call, Command command) const;
  /// Levels from the ledger, or the last known ones, marked stale, while it is away.
  void Levels(const std::vector<std::string>& skus, std::function<void(Result<std::vector<v1::StockLevel>>)> done);
  v1::StockLevel WithShards(const Level& level) const;

  const Parts parts_;
  std::atomic<bool> open_{false};
};

}  // namespace souk::inventory
