#include "services/orders/app/apply_batch.hpp"

#include <algorithm>
#include <unordered_set>

namespace souk::orders {
namespace {

Error KeyReused() {
  Error error = MakeError(ErrorCode::kInvalidArgument, "this Idempotency-Key was used with another request", "IDEMPOTENCY_KEY_REUSED");
  error.http_status = 422;
  return error;
}

Error InFlight() {
  return MakeError(ErrorCode::kAborted, "a call with this Idempotency-Key is being answered; ask again", "IN_FLIGHT");
}

/// Where the sweep's look-up time is worth an index update: at the end, and where the long wait for the carrier begins. Elsewhere it may lie too
/// early for a while.
bool SweepMoves(Phase before, const Order& after) {
  return IsSettled(after) || (after.phase == Phase::kConfirmed && before != Phase::kConfirmed);
}

/// One transaction's worth of thinking: everything is read at once, decided in memory, and written at once.
class Batch {
 public:
  Batch(OrderTx& tx, const BatchContext& context, std::span<Work> works) : tx_(tx), context_(context), works_(works) {
    for (Work& work : works_) work.outcome = {};
  }

  Result<void> Run() {
    DropDuplicates();
    SavePrices();
    InsertNewOrders();
    LoadOrders();
    for (std::size_t i = 0; i < works_.size(); ++i) {
      if (skip_[i]) continue;
      if (const auto* place = std::get_if<PlaceOrder>(&works_[i].job)) Repeat(works_[i], *place);
      if (const auto* job = std::get_if<OrderWork>(&works_[i].job)) Apply(works_[i], *job);
    }
    return Save();
  }

 private:
  struct Loaded {
    std::shared_ptr<const Order> order;
    std::int64_t version_before = 0;
    bool dirty = false;
    bool reschedules = false;
  };

  Environment Env() const { return {.now = now_, .jitter = context_.random.Next(), .times = context_.times}; }

  void DropDuplicates() {
    skip_.assign(works_.size(), false);
    std::vector<Uuid> ids;
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < works_.size(); ++i) {
      if (!works_[i].message_id) continue;
      ids.push_back(*works_[i].message_id);
      at.push_back(i);
    }
    if (ids.empty()) return;
    const std::vector<bool> is_new = tx_.InsertInbox(ids);
    for (std::size_t i = 0; i < at.size(); ++i) skip_[at[i]] = !is_new[i];
  }

  void SavePrices() {
    std::unordered_map<std::string, const PriceChange*> newest;  // one row can be written once per statement
    for (const Work& work : works_) {
      const auto* change = std::get_if<PriceChange>(&work.job);
      if (change == nullptr) continue;
      auto& slot = newest[change->sku];
      if (slot == nullptr || slot->price.version < change->price.version) slot = change;
    }
    if (newest.empty()) return;
    std::vector<const PriceChange*> changes;
    for (const auto& [sku, change] : newest) changes.push_back(change);
    tx_.SavePrices(changes);
  }

  void InsertNewOrders() {
    std::unordered_set<std::string> skus;
    for (const Work& work : works_) {
      if (const auto* place = std::get_if<PlaceOrder>(&work.job)) {
        for (const RequestedLine& line : place->lines) skus.insert(line.sku);
      }
    }
    if (skus.empty()) return;
    const PriceList prices = tx_.LoadPrices({skus.begin(), skus.end()});
    std::vector<std::shared_ptr<const Order>> orders;
    std::vector<std::size_t> at;
    std::vector<Decision> decisions;
    std::unordered_set<Uuid> ids;
    for (std::size_t i = 0; i < works_.size(); ++i) {
      const auto* place = std::get_if<PlaceOrder>(&works_[i].job);
      if (place == nullptr || !ids.insert(place->draft.order_id).second) continue;
      Result<Decision> decision = Accept(*place, prices);
      if (!decision.ok()) {
        works_[i].outcome.error = decision.error();  // unless it is a repeat of a call that was accepted
        continue;
      }
      decisions.push_back(std::move(decision).value());
      orders.push_back(std::make_shared<const Order>(std::move(decisions.back().order)));
      at.push_back(i);
    }
    if (orders.empty()) return;
    const std::vector<bool> inserted = tx_.InsertOrders(orders);
    for (std::size_t i = 0; i < orders.size(); ++i) {
      if (!inserted[i]) continue;
      Work& work = works_[at[i]];
      skip_[at[i]] = true;
      work.outcome.order = orders[i];
      work.outcome.changed = true;
      loaded_[orders[i]->id()] = {orders[i], orders[i]->version, false, false};
      Collect(work, orders[i], 0, decisions[i]);
    }
  }

  Result<Decision> Accept(const PlaceOrder& place, const PriceList& prices) const {
    SOUK_ASSIGN_OR_RETURN(Quote quote, MakeQuote(place.lines, place.draft.currency, prices));
    SOUK_RETURN_IF_ERROR(CheckExpected(quote, place.lines, place.expected_total));
    auto content = std::make_shared<OrderContent>(place.draft);
    content->lines = std::move(quote.lines);
    content->total_minor = quote.total.minor_units;
    content->placed_at = now_;
    return Place(std::move(content), place.waits ? Answer::kOpen : Answer::kPending, Env());
  }

  void LoadOrders() {
    std::unordered_set<Uuid> ids;
    std::unordered_set<Uuid> keys;
    for (std::size_t i = 0; i < works_.size(); ++i) {
      if (skip_[i]) continue;
      if (const auto* place = std::get_if<PlaceOrder>(&works_[i].job)) ids.insert(place->draft.order_id);
      if (const auto* job = std::get_if<OrderWork>(&works_[i].job)) {
        ids.insert(job->order_id);
        if (job->key) keys.insert(job->key->key_id);
      }
    }
    std::erase_if(ids, [this](const Uuid& id) { return loaded_.contains(id); });
    if (!ids.empty()) {
      for (auto& order : tx_.LoadOrders({ids.begin(), ids.end()})) {
        const Uuid id = order->id();
        const std::int64_t version = order->version;
        loaded_[id] = {std::move(order), version, false, false};
      }
    }
    if (!keys.empty()) keys_ = tx_.LoadKeys({keys.begin(), keys.end()});
  }

  /// A PlaceOrder whose order exists already, or that was refused.
  void Repeat(Work& work, const PlaceOrder& place) {
    const auto found = loaded_.find(place.draft.order_id);
    if (found == loaded_.end()) {
      // The first of two equal calls of one batch was refused: so is the second.
      if (!work.outcome.error) work.outcome.error = InFlight();
      return;
    }
    work.outcome.error.reset();
    const std::shared_ptr<const Order> order = found->second.order;
    if (order->content->request_hash != place.draft.request_hash) {
      work.outcome.error = KeyReused();
      return;
    }
    if (order->answer == Answer::kOpen) {
      if (now_ - order->content->placed_at < kAnswerOpenMax) {
        work.outcome.error = InFlight();
        return;
      }
      Transition(work, found->second, AnswerPending{});  // whoever took the first call is gone
    }
    work.outcome.order = found->second.order;
    work.outcome.replayed = true;
  }

  void Apply(Work& work, const OrderWork& job) {
    if (job.key) {
      const auto stored = keys_.find(job.key->key_id);
      if (stored != keys_.end()) return Replay(work, *job.key, stored->second);
    }
    const auto found = loaded_.find(job.order_id);
    if (found == loaded_.end()) {
      work.outcome.error = MakeError(ErrorCode::kNotFound, "there is no such order");
      return;
    }
    if (std::holds_alternative<DeadlinePassed>(job.command)) {
      found->second.dirty = true;
      found->second.reschedules = true;
    }
    Transition(work, found->second, job.command);
    if (job.key && !work.outcome.error) {
      keys_[job.key->key_id] = {job.key->request_hash, {}};
      new_keys_.push_back({*job.key, work.outcome.order});
    }
  }

  void Replay(Work& work, const KeyUse& key, const StoredKey& stored) {
    if (stored.request_hash != key.request_hash) {
      work.outcome.error = KeyReused();
    } else if (stored.answer.empty()) {
      work.outcome.error = InFlight();  // its twin is in this very batch
    } else {
      work.outcome.replayed = true;
      work.outcome.stored_answer = stored.answer;
    }
  }

  void Transition(Work& work, Loaded& loaded, const Command& command) {
    work.outcome.before = loaded.order->phase;
    Result<Decision> decision = Decide(*loaded.order, command, Env());
    if (!decision.ok()) {
      work.outcome.error = decision.error();
      work.outcome.order = loaded.order;
      return;
    }
    if (decision->changed) {
      const std::int64_t before = loaded.order->version;
      loaded.order = std::make_shared<const Order>(std::move(decision->order));
      loaded.dirty = true;
      loaded.reschedules |= SweepMoves(*work.outcome.before, *loaded.order);
      work.outcome.changed = true;
      Collect(work, loaded.order, before, *decision);
    }
    work.outcome.order = loaded.order;
  }

  void Collect(const Work& work, const std::shared_ptr<const Order>& order, std::int64_t version, Decision& decision) {
    for (Message& message : decision.messages) {
      messages_.push_back({order, std::move(message), ++version, work.causation_id, work.traceparent});
    }
    for (TimelineEntry& entry : decision.timeline) timeline_.emplace_back(order->id(), std::move(entry));
  }

  Result<void> Save() {
    std::vector<OrderUpdate> updates;
    for (const auto& [id, loaded] : loaded_) {
      if (loaded.dirty) updates.push_back({loaded.order, loaded.version_before, loaded.reschedules});
    }
    if (!updates.empty()) {
      // In one order in every process: two writers then can't deadlock.
      std::sort(updates.begin(), updates.end(), [](const auto& a, const auto& b) { return a.order->id() < b.order->id(); });
      SOUK_RETURN_IF_ERROR(tx_.UpdateOrders(updates));
    }
    if (!new_keys_.empty()) tx_.InsertKeys(new_keys_);
    if (!timeline_.empty()) tx_.AppendTimeline(timeline_);
    if (!messages_.empty()) SOUK_RETURN_IF_ERROR(tx_.AppendMessages(messages_));
    return {};
  }

  OrderTx& tx_;
  const BatchContext& context_;
  std::span<Work> works_;
  const SystemTime now_ = context_.clock.Now();
  std::vector<bool> skip_;
  std::unordered_map<Uuid, Loaded> loaded_;
  std::unordered_map<Uuid, StoredKey> keys_;
  std::vector<NewKey> new_keys_;
  std::vector<OutgoingMessage> messages_;
  std::vector<std::pair<Uuid, TimelineEntry>> timeline_;
};

}  // namespace

Result<void> ApplyBatch(OrderStore& store, const BatchContext& context, std::span<Work> batch) {
  return store.Transact([&](OrderTx& tx) { return Batch(tx, context, batch).Run(); });
}

}  // namespace souk::orders
