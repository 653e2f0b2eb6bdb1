#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "libs/sql/connection.hpp"
#include "services/orders/app/ports.hpp"

namespace souk::orders {

/// What never changes of the orders seen lately. Safe to keep: the rows are written once. Thread-safe, bounded.
class ContentCache {
 public:
  explicit ContentCache(std::size_t entries_max) : entries_max_(entries_max) {}
  std::shared_ptr<const OrderContent> Find(const Uuid& id) const;
  void Put(std::shared_ptr<const OrderContent> content);

 private:
  const std::size_t entries_max_;
  mutable std::mutex mutex_;
  std::unordered_map<Uuid, std::shared_ptr<const OrderContent>> entries_;
  std::deque<Uuid> order_;
};

/// Orders by id, in no particular order. Throws as Tx does.
std::vector<std::shared_ptr<const Order>> ReadOrders(sql::Tx& tx, const std::vector<Uuid>& ids, ContentCache& cache);

// Returns as text columns: "sku:quantity:restock" joined by ";" (no sku holds one of these characters).
std::string EncodeReturnLines(const std::vector<ReturnLine>& lines);
std::vector<ReturnLine> DecodeReturnLines(std::string_view text);
std::string EncodeOpenReturn(const OpenReturn& open);
OpenReturn DecodeOpenReturn(std::string_view text);

}  // namespace souk::orders
