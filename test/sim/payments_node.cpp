#include "test/sim/payments_node.hpp"

#include <fmt/format.h>

#include "libs/kafka/envelope.hpp"
#include "services/payments/adapters/codec.hpp"
#include "services/payments/adapters/stripe_json.hpp"
#include "services/payments/adapters/webhooks.hpp"

namespace souk::sim {
namespace {

constexpr std::size_t kBatchMax = 16;
constexpr int kSweepMax = 50;

}  // namespace

payments::Policy PaymentsData::PolicyOf() {
  payments::Policy policy;
  policy.retry_max = seconds(20);
  policy.escalated_interval = seconds(60);
  return policy;
}

PaymentsNode::PaymentsNode(World& world, Broker& broker, PaymentsData& data, Bank& bank, Checks& checks, std::string name)
    : Node(world, broker, data.sql, std::move(name)), data_(data), bank_(bank), checks_(checks) {}

void PaymentsNode::Boot() {
  gateway_ = std::make_unique<SimGateway>(*this, bank_);
  payments_ = std::make_unique<payments::Payments>(payments::PaymentsConfig{.concurrency = 4, .calls_queue_max = 100}, *gateway_, world().clock(),
                                                   [this](payments::Work work) { return writer_->Submit(std::move(work)); });
  writer_ = std::make_unique<Writer<payments::Work>>(
      *this, kBatchMax, [this](std::span<payments::Work> works) { return Apply(works); },
      [this](payments::Work& work, const Result<void>& result) { payments_->Committed(work, result); },
      [this] { return std::exchange(hand_off_, {}); });
  Consume(payments::kCommandsGroup, {payments::kCommandsTopic}, true, [this](auto records, auto done) { OnCommands(*records, done); });
  Every(milliseconds(500), [this] {
    if (sql().Answers()) (void)payments_->Sweep(data_.store, payments::NoticeOf, kSweepMax).ok();
  });
}

void PaymentsNode::Drop() {
  writer_.reset();
  payments_.reset();
  gateway_.reset();
  hand_off_.clear();
}

Result<void> PaymentsNode::Apply(std::span<payments::Work> works) {
  std::vector<outbox::OutboxRecord> records;
  const std::int64_t sequence = sql().NextSequence();
  SOUK_RETURN_IF_ERROR(sql().Run(name(), [&](bool commit) -> Result<void> {
    if (!commit) data_.store.FailNext(MakeError(ErrorCode::kAborted, "told to"));
    const Result<void> once = ApplyOnce(works, records, sequence);
    return commit ? once : Result<void>();
  }));
  hand_off_.insert(hand_off_.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
  return {};
}

Result<void> PaymentsNode::ApplyOnce(std::span<payments::Work> works, std::vector<outbox::OutboxRecord>& records, std::int64_t sequence) {
  records.clear();
  const Result<void> applied = data_.store.Apply(works);
  if (!applied.ok()) {
    if (applied.error().code == ErrorCode::kInternal) world().Fail("payments can't store its decision: " + applied.error().message);
    return applied;
  }
  for (const payments::Work& work : works) {
    if (work.outcome.payment && !work.outcome.duplicate) {
      Trace(fmt::format("{} {} v{}", work.outcome.payment->payment_id.ToString().substr(0, 8), ToString(work.outcome.payment->status), work.outcome.payment->version));
    }
    if (work.message_id && !work.outcome.duplicate) checks_.Applied(payments::kCommandsGroup, *work.message_id);
  }
  for (const payments::EmittedEvent& event : data_.store.TakeEvents()) {
    records.push_back(payments::ToOutbox(event));
    Trace(fmt::format("{} {} v{}", event.payment_id.ToString().substr(0, 8), records.back().envelope.type.substr(17), event.event.version));
  }
  sql().Append(records, sequence);
  checks_.PaymentsCommitted(data_.store);
  return {};
}

void PaymentsNode::OnCommands(const std::vector<kafka::Record>& records, const Consumer::Done& done) {
  std::vector<payments::Work> works;
  for (const kafka::Record& record : records) {
    const Result<kafka::Envelope> envelope = kafka::ParseEnvelope(record);
    auto command = envelope.ok() ? payments::ParseCommand(envelope->type, record.value) : Result<payments::ReadCommand>(envelope.error());
    if (!command.ok()) {
      world().Fail("payments can't read a record: " + command.error().message);
      continue;
    }
    payments::Work work;
    work.payment_id = command->payment_id;
    work.input = std::move(command->input);
    work.message_id = envelope->id;
    work.cause = {envelope->id.ToString(), {}};
    works.push_back(std::move(work));
  }
  if (works.empty()) return done({});
  const auto answers = std::make_shared<Answers>(works.size(), done);
  for (payments::Work& work : works) {
    work.done = [this, answers, id = work.payment_id](payments::Outcome& outcome, const Result<void>& result) {
      const auto& refusal = outcome.refusal;
      if (result.ok() && refusal) Trace(fmt::format("{} dead letter: {}", id.ToString().substr(0, 8), refusal->message));
      answers->Settle(result.ok() && refusal ? Result<void>(*refusal) : result);
    };
    (void)payments_->Do(std::move(work)).ok();
  }
}

void PaymentsNode::OnWebhook(const std::string& body, std::function<void()> accepted) {
  At(microseconds(0), [this, body, accepted = std::move(accepted)] {
    auto event = payments::ReadWebhook(body);
    if (!event) return world().Fail("payments can't read a webhook");
    if (!event->intent) return accepted();
    payments::Work work;
    work.payment_id = Uuid::Parse(event->intent->order_id).value_or(Uuid{});
    work.parking = payments::Parking{event->id, body, false};
    work.input = payments::ProviderNotice{std::move(*event->intent)};
    if (payments_->recent().NothingNew(work.payment_id, std::get<payments::ProviderNotice>(work.input))) return accepted();
    work.done = [accepted](payments::Outcome&, const Result<void>& result) {
      if (result.ok()) accepted();
    };
    (void)payments_->Do(std::move(work)).ok();
  });
}

}  // namespace souk::sim
