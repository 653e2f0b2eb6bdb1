#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libs/base/result.hpp"
#include "services/orders/app/work.hpp"

namespace souk::orders {

/// A message on its way out, numbered within its order.
struct OutgoingMessage {
  std::shared_ptr<const Order> order;  ///< as it is after the transition
  Message message;
  std::int64_t version = 0;
  std::string causation_id;
  std::string traceparent;
};

/// One order to be written over the version that was loaded.
struct OrderUpdate {
  std::shared_ptr<const Order> order;
  std::int64_t version_before = 0;
  bool reschedules = false;  ///< the sweep's look-up time follows the deadline, later too
};

struct StoredKey {
  std::string request_hash;
  std::string answer;
};
struct NewKey {
  KeyUse use;
  std::shared_ptr<const Order> order;  ///< the answer to be kept
};

/// One transaction. Every call is one statement for the whole batch.
class OrderTx {
 public:
  virtual ~OrderTx() = default;
  /// result[i]: ids[i] was not applied by an earlier transaction, nor earlier in this list.
  virtual std::vector<bool> InsertInbox(const std::vector<Uuid>& ids) = 0;
  virtual PriceList LoadPrices(const std::vector<std::string>& skus) = 0;
  /// An older version never overwrites a newer one.
  virtual void SavePrices(const std::vector<const PriceChange*>& changes) = 0;
  /// result[i]: orders[i] is new; otherwise there was one with its id, and nothing was written.
  virtual std::vector<bool> InsertOrders(const std::vector<std::shared_ptr<const Order>>& orders) = 0;
  /// Those that exist, in no particular order.
  virtual std::vector<std::shared_ptr<const Order>> LoadOrders(const std::vector<Uuid>& ids) = 0;
  /// kAborted when another transaction changed one of them since it was loaded.
  virtual Result<void> UpdateOrders(const std::vector<OrderUpdate>& updates) = 0;
  virtual std::unordered_map<Uuid, StoredKey> LoadKeys(const std::vector<Uuid>& ids) = 0;
  virtual void InsertKeys(const std::vector<NewKey>& keys) = 0;
  virtual void AppendTimeline(const std::vector<std::pair<Uuid, TimelineEntry>>& entries) = 0;
  virtual Result<void> AppendMessages(const std::vector<OutgoingMessage>& messages) = 0;
};

/// The orders and what leaves with them.
class OrderStore {
 public:
  virtual ~OrderStore() = default;
  /// Runs `body` in one serializable transaction; again from the start when the transaction lost a race, so it must be pure
  /// but for its OrderTx. The messages are published after the commit. Errors as in libs/sql.
  virtual Result<void> Transact(const std::function<Result<void>(OrderTx&)>& body) = 0;
};

}  // namespace souk::orders
