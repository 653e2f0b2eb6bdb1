#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "libs/base/context.hpp"
#include "libs/base/result.hpp"

namespace souk::rpc {

/// What a wire offers to a running call. One implementation for gRPC, one for REST; a default one for tests.
class CallWire {
 public:
  virtual ~CallWire() = default;
  /// Incoming metadata or header, any case of name; empty when absent.
  virtual std::string Header(std::string_view) const { return {}; }
  /// Sent as a header (REST) or as leading metadata (gRPC). Only before the answer.
  virtual void SetResponseHeader(std::string_view, std::string_view) {}
  virtual void SetHttpStatus(int) {}
  virtual bool Cancelled() const { return false; }
};

/// One incoming call, whichever wire it came through.
struct Call {
  Context context;     ///< deadline (always set), trace, request id, idempotency key
  bool is_http = false;
  std::string method;  ///< "souk.orders.v1.OrdersService/PlaceOrder"
  std::string peer;
  std::string prefer;  ///< the Prefer header or metadata, e.g. "wait=2"
  std::shared_ptr<CallWire> wire = std::make_shared<CallWire>();

  /// Incoming header or metadata, any case; empty when absent.
  std::string header(std::string_view name) const { return wire->Header(name); }
  /// An answer header (REST) or initial metadata (gRPC). Call before `done`.
  void SetResponseHeader(std::string_view name, std::string_view value) { wire->SetResponseHeader(name, value); }
  /// The status of a successful REST answer, instead of the rule's. No effect on gRPC.
  void SetHttpStatus(int status) { wire->SetHttpStatus(status); }
  /// True when nobody waits for the answer any more (client left, or the deadline passed).
  bool Cancelled() const { return wire->Cancelled() || context.Expired(); }
};
using CallPtr = std::shared_ptr<Call>;

}  // namespace souk::rpc
