#include "test/sim/orders_node.hpp"

#include <fmt/format.h>

#include "libs/kafka/envelope.hpp"
#include "services/orders/adapters/codec.hpp"

namespace souk::sim {
namespace {

constexpr std::size_t kBatchMax = 16;
constexpr std::size_t kSweepMax = 50;

/// Keeps what leaves with a transaction, encoded as the real store does.
class CapturingTx final : public orders::OrderTx {
 public:
  CapturingTx(orders::OrderTx& tx, seconds hold, std::vector<outbox::OutboxRecord>& records, const std::set<Uuid>& reserving)
      : tx_(tx), hold_(hold), records_(records), reserving_(reserving) {}

  std::vector<bool> InsertInbox(const std::vector<Uuid>& ids) override { return tx_.InsertInbox(ids); }
  orders::PriceList LoadPrices(const std::vector<std::string>& skus) override { return tx_.LoadPrices(skus); }
  void SavePrices(const std::vector<const orders::PriceChange*>& changes) override { tx_.SavePrices(changes); }
  std::vector<bool> InsertOrders(const std::vector<std::shared_ptr<const orders::Order>>& orders) override { return tx_.InsertOrders(orders); }
  std::vector<std::shared_ptr<const orders::Order>> LoadOrders(const std::vector<Uuid>& ids) override {
    auto loaded = tx_.LoadOrders(ids);
    for (auto& order : loaded) {
      if (!reserving_.contains(order->id())) continue;
      auto shown = std::make_shared<orders::Order>(*order);
      shown->phase = orders::Phase::kReserving;
      shown->pending = 0;
      order = std::move(shown);
    }
    return loaded;
  }
  Result<void> UpdateOrders(const std::vector<orders::OrderUpdate>& updates) override { return tx_.UpdateOrders(updates); }
  std::unordered_map<Uuid, orders::StoredKey> LoadKeys(const std::vector<Uuid>& ids) override { return tx_.LoadKeys(ids); }
  void InsertKeys(const std::vector<orders::NewKey>& keys) override { tx_.InsertKeys(keys); }
  void AppendTimeline(const std::vector<std::pair<Uuid, orders::TimelineEntry>>& entries) override { tx_.AppendTimeline(entries); }
  Result<void> AppendMessages(const std::vector<orders::OutgoingMessage>& messages) override {
    for (const orders::OutgoingMessage& message : messages) records_.push_back(orders::Encode(message, hold_));
    return tx_.AppendMessages(messages);
  }

 private:
  orders::OrderTx& tx_;
  const seconds hold_;
  std::vector<outbox::OutboxRecord>& records_;
  const std::set<Uuid>& reserving_;
};

}  // namespace

Result<void> SimOrderStore::Transact(const std::function<Result<void>(orders::OrderTx&)>& body) {
  constexpr const char* kTakenBack = "TAKEN_BACK";
  std::vector<outbox::OutboxRecord> records;
  const Result<void> result = data_.sql.Run(node_.name(), [&](bool commit) -> Result<void> {
    const Result<void> done = data_.store.Transact([&](orders::OrderTx& tx) -> Result<void> {
      records.clear();
      CapturingTx capturing(tx, node_.world().settings().hold, records, shown_as_reserving);
      SOUK_RETURN_IF_ERROR(body(capturing));
      if (!commit) return MakeError(ErrorCode::kAborted, "told to", kTakenBack);
      return {};
    });
    if (node_.world().Has(Bug::kPublishBeforeCommit)) node_.HandOff(records);
    if (!done.ok() && done.error().reason == kTakenBack) return {};
    if (!done.ok()) return done;
    data_.sql.Append(records, sequence);
    if (committed) committed();
    return {};
  });
  if (result.ok()) hand_off_.insert(hand_off_.end(), records.begin(), records.end());
  return result;
}

OrdersNode::OrdersNode(World& world, Broker& broker, OrdersData& data, Checks& checks, std::string name)
    : Node(world, broker, data.sql, std::move(name)), data_(data), checks_(checks) {}

const orders::SagaTimes& OrdersNode::Times() {
  // The waits for people are shorter than in production, so that a run covers them; the others are what they are.
  static const orders::SagaTimes times{.step = seconds(5), .step_max = seconds(30), .give_up = seconds(60), .challenge = seconds(90),
                                       .delivery = seconds(10), .delivery_max = seconds(60)};
  return times;
}

void OrdersNode::Boot() {
  store_ = std::make_unique<SimOrderStore>(*this, data_);
  writer_ = std::make_unique<Writer<orders::Work>>(
      *this, kBatchMax, [this](std::span<orders::Work> works) { return Apply(works); },
      [](orders::Work& work, const Result<void>& result) {
        if (work.done) work.done(work, result);
      },
      [this] { return store_->TakeHandOff(); });
  sweeping_ = false;
  Consume(std::string(orders::kRepliesGroup), {std::string(orders::kStockEvents), std::string(orders::kPaymentEvents), std::string(orders::kShipmentEvents)},
          true, [this](auto records, auto done) { OnReplies(*records, done); });
  Consume(std::string(orders::kCatalogueGroup), {std::string(orders::kProductEvents)}, false, [this](auto records, auto done) { OnProducts(*records, done); });
  Every(seconds(1), [this] { Sweep(); });
}

void OrdersNode::Drop() {
  writer_.reset();
  store_.reset();
}

Result<void> OrdersNode::Apply(std::span<orders::Work> works) {
  store_->sequence = data_.sql.NextSequence();
  store_->shown_as_reserving.clear();
  std::vector<std::optional<Uuid>> message_ids;
  for (orders::Work& work : works) {
    message_ids.push_back(work.message_id);
    if (world().Has(Bug::kInboxSkipped)) work.message_id.reset();
    const auto* job = std::get_if<orders::OrderWork>(&work.job);
    const auto* reply = job == nullptr ? nullptr : std::get_if<orders::Reply>(&job->command);
    const bool reserved = reply != nullptr && reply->kind == orders::ReplyKind::kStockReserved;
    if (reserved && world().Has(Bug::kReplyUnchecked)) store_->shown_as_reserving.insert(job->order_id);
  }
  store_->committed = [&] {
    for (std::size_t i = 0; i < works.size(); ++i) {
      const orders::Outcome& outcome = works[i].outcome;
      if (outcome.changed && outcome.order) {
        Trace(fmt::format("{} {} v{}", outcome.order->id().ToString().substr(0, 8), orders::ToString(outcome.order->phase), outcome.order->version));
      }
      if (message_ids[i] && outcome.order) checks_.Applied(std::string(orders::kRepliesGroup), *message_ids[i]);
    }
    checks_.OrdersCommitted(data_.store);
  };
  Result<void> result = orders::ApplyBatch(*store_, {world().clock(), world().random(), Times()}, works);
  for (std::size_t i = 0; i < works.size(); ++i) works[i].message_id = message_ids[i];
  return result;
}

void OrdersNode::OnReplies(const std::vector<kafka::Record>& records, const Consumer::Done& done) {
  std::vector<orders::Work> works;
  for (const kafka::Record& record : records) {
    const Result<kafka::Envelope> envelope = kafka::ParseEnvelope(record);
    if (!envelope.ok()) {
      world().Fail("unreadable envelope: " + envelope.error().message);
      continue;
    }
    Result<std::optional<orders::Reply>> reply = orders::DecodeReply(envelope->type, record.value);
    const auto order_id = Uuid::Parse(envelope->subject);
    if (!reply.ok() || !order_id) {
      world().Fail("orders can't read " + envelope->type);
      continue;
    }
    if (!reply->has_value()) continue;
    orders::Work work;
    work.job = orders::OrderWork{*order_id, orders::Command(std::move(**reply)), std::nullopt};
    work.message_id = envelope->id;
    work.causation_id = envelope->id.ToString();
    works.push_back(std::move(work));
  }
  Submit(std::move(works), done);
}

void OrdersNode::OnProducts(const std::vector<kafka::Record>& records, const Consumer::Done& done) {
  std::vector<orders::Work> works;
  for (const kafka::Record& record : records) {
    const Result<kafka::Envelope> envelope = kafka::ParseEnvelope(record);
    if (!envelope.ok()) continue;
    Result<std::optional<orders::PriceChange>> change = orders::DecodePriceChange(envelope->type, record.value);
    if (!change.ok() || !change->has_value()) continue;
    orders::Work work;
    work.job = std::move(**change);
    works.push_back(std::move(work));
  }
  Submit(std::move(works), done);
}

void OrdersNode::Submit(std::vector<orders::Work> works, const Consumer::Done& done) {
  if (works.empty()) return done({});
  const auto answers = std::make_shared<Answers>(works.size(), done);
  for (orders::Work& work : works) {
    work.done = [answers](orders::Work&, const Result<void>& result) { answers->Settle(result); };
    (void)writer_->Submit(std::move(work)).ok();
  }
}

void OrdersNode::Call(orders::Work work, Answer answer) {
  work.done = [answer = std::move(answer)](orders::Work& finished, const Result<void>& result) { answer(result, finished.outcome); };
  (void)writer_->Submit(std::move(work)).ok();
}

void OrdersNode::Sweep() {
  if (sweeping_ || world().Has(Bug::kDeadlineIgnored) || !sql().Answers()) return;
  std::vector<orders::Work> works;
  for (const Uuid& id : data_.store.Due(world().Now(), kSweepMax)) {
    if (world().Has(Bug::kCompensationNotRetried) && data_.store.Peek().orders.at(id)->pending != 0) continue;
    orders::Work work;
    work.job = orders::OrderWork{id, orders::DeadlinePassed{}, std::nullopt};
    work.causation_id = "deadline";
    works.push_back(std::move(work));
  }
  if (works.empty()) return;
  sweeping_ = true;
  Submit(std::move(works), [this](const Result<void>&) { sweeping_ = false; });
}

}  // namespace souk::sim
