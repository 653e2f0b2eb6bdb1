#include "services/orders/adapters/sql_order_store.hpp"

#include <unordered_set>

#include "services/orders/adapters/codec.hpp"
#include "services/orders/adapters/statements.hpp"

namespace souk::orders {
namespace {

sql::Array ToArray(const std::vector<Uuid>& ids) {
  sql::Array array;
  for (const Uuid& id : ids) array.Add(id);
  return array;
}

/// What a transaction leaves for after its commit.
struct Written {
  std::vector<outbox::OutboxRecord> records;
  std::vector<std::shared_ptr<const OrderContent>> contents;
};

class SqlTx final : public OrderTx {
 public:
  SqlTx(sql::Tx& tx, ContentCache& cache, std::chrono::milliseconds hold, Written& written)
      : tx_(tx), cache_(cache), hold_(hold), written_(written) {}

  std::vector<bool> InsertInbox(const std::vector<Uuid>& ids) override {
    return outbox::InsertInbox(tx_, kRepliesGroup, ids);
  }
  PriceList LoadPrices(const std::vector<std::string>& skus) override { return ReadPrices(tx_, skus); }
  void SavePrices(const std::vector<const PriceChange*>& changes) override;
  std::vector<bool> InsertOrders(const std::vector<std::shared_ptr<const Order>>& orders) override;
  std::vector<std::shared_ptr<const Order>> LoadOrders(const std::vector<Uuid>& ids) override {
    return ReadOrders(tx_, ids, cache_);
  }
  Result<void> UpdateOrders(const std::vector<OrderUpdate>& updates) override;
  std::unordered_map<Uuid, StoredKey> LoadKeys(const std::vector<Uuid>& ids) override;
  void InsertKeys(const std::vector<NewKey>& keys) override;
  void AppendTimeline(const std::vector<std::pair<Uuid, TimelineEntry>>& entries) override;
  Result<void> AppendMessages(const std::vector<OutgoingMessage>& messages) override {
    written_.records.reserve(messages.size());
    for (const OutgoingMessage& message : messages) written_.records.push_back(Encode(message, hold_));
    return outbox::Append(tx_, written_.records);
  }

 private:
  void InsertLines(const std::vector<std::shared_ptr<const Order>>& orders, const std::vector<bool>& is_new);

  sql::Tx& tx_;
  ContentCache& cache_;
  const std::chrono::milliseconds hold_;
  Written& written_;
};

void SqlTx::SavePrices(const std::vector<const PriceChange*>& changes) {
  sql::Array skus, prices, currencies, versions, deleted;
  for (const PriceChange* change : changes) {
    skus.Add(change->sku);
    prices.Add(change->price.amount.minor_units);
    currencies.Add(change->price.amount.currency);
    versions.Add(change->price.version);
    deleted.Add(change->price.deleted);
  }
  tx_.Exec(kSavePrices, {skus, prices, currencies, versions, deleted});
}

std::vector<bool> SqlTx::InsertOrders(const std::vector<std::shared_ptr<const Order>>& orders) {
  sql::Array ids, customers, emails, currencies, methods, ship_tos, hashes, totals, placed;
  sql::Array answers, versions, timelines, deadlines, give_ups;
  for (const auto& order : orders) {
    const OrderContent& content = *order->content;
    ids.Add(content.order_id);
    customers.Add(content.customer_id);
    emails.Add(content.email);
    currencies.Add(content.currency);
    methods.Add(content.payment_method);
    ship_tos.AddBytes(content.ship_to);
    hashes.Add(content.request_hash);
    totals.Add(content.total_minor);
    placed.Add(content.placed_at);
    answers.Add(static_cast<std::int64_t>(order->answer));
    versions.Add(order->version);
    timelines.Add(order->timeline_length);
    deadlines.Add(order->deadline_at);
    give_ups.Add(order->give_up_at);
  }
  const sql::Rows rows = tx_.Exec(kInsertOrders, {ids, customers, emails, currencies, methods, ship_tos, hashes, totals, placed,
                                                  answers, versions, timelines, deadlines, give_ups});
  std::unordered_set<Uuid> inserted;
  rows.ForEach([&](const sql::Row& row) { inserted.insert(row.Id(0)); });
  std::vector<bool> is_new;
  is_new.reserve(orders.size());
  for (const auto& order : orders) is_new.push_back(inserted.contains(order->id()));
  InsertLines(orders, is_new);
  return is_new;
}

void SqlTx::InsertLines(const std::vector<std::shared_ptr<const Order>>& orders, const std::vector<bool>& is_new) {
  sql::Array ids, numbers, skus, quantities, prices;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (!is_new[i]) continue;
    std::int64_t number = 0;
    for (const Line& line : orders[i]->content->lines) {
      ids.Add(orders[i]->id());
      numbers.Add(++number);
      skus.Add(line.sku);
      quantities.Add(line.quantity);
      prices.Add(line.unit_price_minor);
    }
    written_.contents.push_back(orders[i]->content);
  }
  if (!ids.empty()) tx_.Exec(kInsertLines, {ids, numbers, skus, quantities, prices});
}

Result<void> SqlTx::UpdateOrders(const std::vector<OrderUpdate>& updates) {
  sql::Array ids, befores, phases, statuses, reasons, details, stocks, payments, shipments, pendings, cancels, confirmeds, answers;
  sql::Array captureds, refundeds, versions, timelines, attempts, refund_attempts, deadlines, give_ups, decideds, updateds;
  sql::Array trackings, challenges, open_returns, returneds, reschedules;
  for (const OrderUpdate& update : updates) {
    const Order& o = *update.order;
    ids.Add(o.id());
    befores.Add(update.version_before);
    phases.Add(ToString(o.phase));
    statuses.Add(ToString(StatusOf(o)));
    reasons.Add(ToString(o.reason));
    details.Add(o.reason_detail);
    stocks.Add(ToString(o.stock));
    payments.Add(ToString(o.payment));
    shipments.Add(ToString(o.shipment));
    pendings.Add(static_cast<std::int64_t>(o.pending));
    cancels.Add(o.cancel_requested);
    confirmeds.Add(o.confirmed);
    answers.Add(static_cast<std::int64_t>(o.answer));
    captureds.Add(o.captured_minor);
    refundeds.Add(o.refunded_minor);
    versions.Add(o.version);
    timelines.Add(o.timeline_length);
    attempts.Add(o.attempts);
    refund_attempts.Add(o.refund_attempts);
    deadlines.Add(o.deadline_at);
    give_ups.Add(o.give_up_at);
    decideds.Add(o.decided_at);
    updateds.Add(o.updated_at);
    trackings.Add(o.tracking_code);
    challenges.Add(o.challenge_url);
    open_returns.Add(EncodeOpenReturn(o.open_return));
    returneds.Add(EncodeReturnLines(o.returned));
    reschedules.Add(update.reschedules);
  }
  const sql::Rows rows = tx_.Exec(
      kUpdateOrders, {ids,      befores,  phases,     statuses,   reasons,  details,   stocks,   payments, shipments,       pendings,
                      cancels,  confirmeds, answers,  captureds,  refundeds, versions, timelines, attempts, refund_attempts, deadlines,
                      give_ups, decideds, updateds,   trackings,  challenges, open_returns, returneds, reschedules});
  if (rows.affected() == static_cast<std::int64_t>(updates.size())) return {};
  return MakeError(ErrorCode::kAborted, "an order was changed by another instance meanwhile");
}

std::unordered_map<Uuid, StoredKey> SqlTx::LoadKeys(const std::vector<Uuid>& ids) {
  std::unordered_map<Uuid, StoredKey> keys;
  tx_.Exec(kLoadKeys, {ToArray(ids)}).ForEach([&](const sql::Row& row) {
    keys.emplace(row.Id(0), StoredKey{row.Text(1), row.Bytes(2)});
  });
  return keys;
}

void SqlTx::InsertKeys(const std::vector<NewKey>& keys) {
  sql::Array key_ids, order_ids, hashes, answers;
  for (const NewKey& key : keys) {
    key_ids.Add(key.use.key_id);
    order_ids.Add(key.order->id());
    hashes.Add(key.use.request_hash);
    answers.AddBytes(EncodeAnswer(*key.order));
  }
  tx_.Exec(kInsertKeys, {key_ids, order_ids, hashes, answers});
}

void SqlTx::AppendTimeline(const std::vector<std::pair<Uuid, TimelineEntry>>& entries) {
  sql::Array ids, sequences, times, steps, outcomes, details, statuses;
  for (const auto& [id, entry] : entries) {
    ids.Add(id);
    sequences.Add(entry.sequence);
    times.Add(entry.at);
    steps.Add(entry.step);
    outcomes.Add(entry.outcome);
    details.Add(entry.detail);
    statuses.Add(ToString(entry.status));
  }
  tx_.Exec(kInsertTimeline, {ids, sequences, times, steps, outcomes, details, statuses});
}

}  // namespace

PriceList ReadPrices(sql::Tx& tx, const std::vector<std::string>& skus) {
  sql::Array array;
  for (const std::string& sku : skus) array.Add(sku);
  PriceList prices;
  tx.Exec(kLoadPrices, {array}).ForEach([&](const sql::Row& row) {
    prices.emplace(row.Text(0), Price{{row.Int(1), row.Text(2)}, row.Int(3), row.Bool(4)});
  });
  return prices;
}

SqlOrderStore::SqlOrderStore(sql::ConnectionConfig sql, ContentCache& cache, std::chrono::milliseconds hold, HandOff hand_off)
    : connection_(std::move(sql)), cache_(cache), hold_(hold), hand_off_(std::move(hand_off)) {}

Result<void> SqlOrderStore::Transact(const std::function<Result<void>(OrderTx&)>& body) {
  Written written;
  const auto run = [&](sql::Tx& tx) {
    written = {};
    SqlTx order_tx(tx, cache_, hold_, written);
    return body(order_tx);
  };
  SOUK_RETURN_IF_ERROR(connection_.Run(run));
  for (auto& content : written.contents) cache_.Put(std::move(content));
  if (!written.records.empty()) hand_off_(std::move(written.records));
  return {};
}

}  // namespace souk::orders
