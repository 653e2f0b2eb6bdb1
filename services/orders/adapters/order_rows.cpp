#include "services/orders/adapters/order_rows.hpp"

#include <charconv>

#include "libs/sql/bad_row.hpp"
#include "services/orders/adapters/statements.hpp"

namespace souk::orders {
namespace {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::int64_t ToInt(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// A word that no version of this code has written fails this order alone, and says which word of which order it was.
template <class T>
T Known(const std::optional<T>& value, const sql::Row& row, int column) {
  if (value) return *value;
  throw sql::BadRow("order " + row.Text(0) + " can't be read: '" + row.Text(column) + "' is not a word of its column");
}

Order ReadState(const sql::Row& row) {
  Order order;
  order.phase = Known(ParsePhase(row.View(1)), row, 1);
  order.reason = Known(ParseReason(row.View(2)), row, 2);
  order.reason_detail = row.View(3);
  order.stock = Known(ParseStock(row.View(4)), row, 4);
  order.payment = Known(ParsePayment(row.View(5)), row, 5);
  order.shipment = Known(ParseShipment(row.View(6)), row, 6);
  order.pending = static_cast<unsigned>(row.Int(7));
  order.cancel_requested = row.Bool(8);
  order.confirmed = row.Bool(9);
  order.answer = static_cast<Answer>(row.Int(10));
  order.captured_minor = row.Int(11);
  order.refunded_minor = row.Int(12);
  order.version = row.Int(13);
  order.timeline_length = row.Int(14);
  order.attempts = static_cast<int>(row.Int(15));
  order.refund_attempts = static_cast<int>(row.Int(16));
  order.deadline_at = row.OptionalTime(17);
  order.give_up_at = row.OptionalTime(18);
  order.decided_at = row.OptionalTime(19);
  order.updated_at = row.Time(20);
  order.tracking_code = row.View(21);
  order.challenge_url = row.View(22);
  order.open_return = DecodeOpenReturn(row.View(23));
  order.returned = DecodeReturnLines(row.View(24));
  return order;
}

/// The contents of `ids`, read in two statements and kept.
void ReadContents(sql::Tx& tx, const std::vector<Uuid>& ids, ContentCache& cache,
                  std::unordered_map<Uuid, std::shared_ptr<const OrderContent>>& found) {
  sql::Array array;
  for (const Uuid& id : ids) array.Add(id);
  std::unordered_map<Uuid, std::shared_ptr<OrderContent>> read;
  tx.Exec(kLoadContents, {array}).ForEach([&](const sql::Row& row) {
    auto content = std::make_shared<OrderContent>();
    content->order_id = row.Id(0);
    content->customer_id = row.View(1);
    content->email = row.View(2);
    content->currency = row.View(3);
    content->payment_method = row.View(4);
    content->ship_to = row.Bytes(5);
    content->request_hash = row.View(6);
    content->total_minor = row.Int(7);
    content->placed_at = row.Time(8);
    read.emplace(content->order_id, std::move(content));
  });
  tx.Exec(kLoadLines, {array}).ForEach([&](const sql::Row& row) {
    const auto it = read.find(row.Id(0));
    if (it != read.end()) it->second->lines.push_back({row.Text(1), row.Int(2), row.Int(3)});
  });
  for (auto& [id, content] : read) {
    cache.Put(content);
    found.emplace(id, std::move(content));
  }
}

}  // namespace

std::shared_ptr<const OrderContent> ContentCache::Find(const Uuid& id) const {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(id);
  return it == entries_.end() ? nullptr : it->second;
}

void ContentCache::Put(std::shared_ptr<const OrderContent> content) {
  const std::lock_guard lock(mutex_);
  const Uuid id = content->order_id;
  if (!entries_.emplace(id, std::move(content)).second) return;
  order_.push_back(id);
  if (order_.size() <= entries_max_) return;
  entries_.erase(order_.front());
  order_.pop_front();
}

std::vector<std::shared_ptr<const Order>> ReadOrders(sql::Tx& tx, const std::vector<Uuid>& ids, ContentCache& cache) {
  sql::Array array;
  for (const Uuid& id : ids) array.Add(id);
  const sql::Rows rows = tx.Exec(kLoadStates, {array});
  std::unordered_map<Uuid, std::shared_ptr<const OrderContent>> contents;
  std::vector<Uuid> missing;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Uuid id = rows[i].Id(0);
    if (auto content = cache.Find(id)) {
      contents.emplace(id, std::move(content));
    } else {
      missing.push_back(id);
    }
  }
  if (!missing.empty()) ReadContents(tx, missing, cache, contents);
  std::vector<std::shared_ptr<const Order>> orders;
  orders.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Order order = ReadState(rows[i]);
    order.content = contents.at(rows[i].Id(0));
    orders.push_back(std::make_shared<const Order>(std::move(order)));
  }
  return orders;
}

std::string EncodeReturnLines(const std::vector<ReturnLine>& lines) {
  std::string text;
  for (const ReturnLine& line : lines) {
    if (!text.empty()) text += ';';
    text += line.sku + ':' + std::to_string(line.quantity) + ':' + (line.restock ? '1' : '0');
  }
  return text;
}

std::vector<ReturnLine> DecodeReturnLines(std::string_view text) {
  std::vector<ReturnLine> lines;
  if (text.empty()) return lines;
  for (const std::string_view part : Split(text, ';')) {
    const auto fields = Split(part, ':');
    lines.push_back({std::string(fields.at(0)), ToInt(fields.at(1)), fields.at(2) == "1"});
  }
  return lines;
}

std::string EncodeOpenReturn(const OpenReturn& open) {
  if (open.return_id.empty()) return {};
  return open.return_id + '|' + (open.received ? '1' : '0') + '|' + std::to_string(open.refund_minor) + '|' + EncodeReturnLines(open.lines);
}

OpenReturn DecodeOpenReturn(std::string_view text) {
  if (text.empty()) return {};
  const auto fields = Split(text, '|');
  return {std::string(fields.at(0)), fields.at(1) == "1", ToInt(fields.at(2)), DecodeReturnLines(fields.at(3))};
}

}  // namespace souk::orders
