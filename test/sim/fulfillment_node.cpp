#include "test/sim/fulfillment_node.hpp"

#include <fmt/format.h>

#include "services/fulfillment/adapters/codec.hpp"

namespace souk::sim {
namespace {

constexpr std::size_t kBatchMax = 16;
constexpr int kSweepMax = 50;

}  // namespace

FulfillmentNode::FulfillmentNode(World& world, Broker& broker, FulfillmentData& data, Checks& checks, std::string name)
    : Node(world, broker, data.sql, std::move(name)), data_(data), checks_(checks) {}

void FulfillmentNode::Boot() {
  writer_ = std::make_unique<Writer<fulfillment::Work>>(
      *this, kBatchMax, [this](std::span<fulfillment::Work> works) { return Apply(works); },
      [](fulfillment::Work& work, const Result<void>& result) {
        if (work.done) work.done(result);
      },
      [this] { return std::exchange(hand_off_, {}); });
  sweeping_ = false;
  Consume(std::string(fulfillment::kCommandsGroup), {std::string(fulfillment::kCommandsTopic)}, true, [this](auto records, auto done) { OnCommands(*records, done); });
  Every(milliseconds(500), [this] { Sweep(); });
}

void FulfillmentNode::Drop() {
  writer_.reset();
  hand_off_.clear();
}

Result<void> FulfillmentNode::Apply(std::span<fulfillment::Work> works) {
  std::vector<outbox::OutboxRecord> records;
  const std::int64_t sequence = sql().NextSequence();
  SOUK_RETURN_IF_ERROR(sql().Run(name(), [&](bool commit) -> Result<void> {
    if (!commit) data_.store.FailNext(1, MakeError(ErrorCode::kAborted, "told to"));
    const Result<void> once = ApplyOnce(works, records, sequence);
    return commit ? once : Result<void>();
  }));
  hand_off_.insert(hand_off_.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
  return {};
}

Result<void> FulfillmentNode::ApplyOnce(std::span<fulfillment::Work> works, std::vector<outbox::OutboxRecord>& records, std::int64_t sequence) {
  records.clear();
  SOUK_RETURN_IF_ERROR(data_.store.Apply(works));
  for (const fulfillment::EmittedEvent& event : data_.store.TakeEvents()) {
    records.push_back(fulfillment::EncodeEvent(event));
    Trace(fmt::format("{} {} v{}", event.shipment_id.ToString().substr(0, 8), records.back().envelope.type.substr(20), event.version));
  }
  sql().Append(records, sequence);
  return {};
}

Result<std::optional<fulfillment::Work>> FulfillmentNode::ToWork(const kafka::Record& record) {
  SOUK_ASSIGN_OR_RETURN(const kafka::Envelope envelope, kafka::ParseEnvelope(record));
  SOUK_ASSIGN_OR_RETURN(fulfillment::Incoming incoming, fulfillment::DecodeCommand(envelope, record.value));
  fulfillment::Work work;
  work.shipment_id = incoming.shipment_id;
  work.now = world().Now();
  work.message_id = envelope.id;
  work.causation_id = envelope.id.ToString();
  if (auto* create = std::get_if<fulfillment::CreateRequest>(&incoming.command)) {
    if (world().Fault(world().faults().carrier_away)) return MakeError(ErrorCode::kUnavailable, "the carrier is away");
    SOUK_ASSIGN_OR_RETURN(auto label, data_.carrier.MakeLabel(work.shipment_id, {create->country, create->line2}));
    work.command = fulfillment::CreateShipment{std::move(create->lines), std::move(create->ship_to), std::move(label)};
  } else if (auto* cancel = std::get_if<fulfillment::CancelShipment>(&incoming.command)) {
    work.command = std::move(*cancel);
  } else {
    fulfillment::ExpectReturn expect = std::get<fulfillment::ExpectReturn>(std::move(incoming.command));
    expect.arrives_after = data_.carrier.ReturnTime(work.shipment_id);
    work.command = std::move(expect);
  }
  return std::optional<fulfillment::Work>(std::move(work));
}

void FulfillmentNode::OnCommands(const std::vector<kafka::Record>& records, const Consumer::Done& done) {
  std::vector<fulfillment::Work> works;
  for (const kafka::Record& record : records) {
    Result<std::optional<fulfillment::Work>> work = ToWork(record);
    if (!work.ok()) {
      if (IsRetryable(work.error().code)) return done(work.error());
      world().Fail("fulfillment can't read a record: " + work.error().message);
    } else if (*work) {
      works.push_back(std::move(**work));
    }
  }
  Submit(std::move(works), done);
}

void FulfillmentNode::Submit(std::vector<fulfillment::Work> works, const Consumer::Done& done) {
  if (works.empty()) return done({});
  const auto answers = std::make_shared<Answers>(works.size(), done);
  for (fulfillment::Work& work : works) {
    work.done = [answers](const Result<void>& result) { answers->Settle(result); };
    (void)writer_->Submit(std::move(work)).ok();
  }
}

void FulfillmentNode::Sweep() {
  if (sweeping_ || !sql().Answers()) return;
  const auto due = data_.store.Due(world().Now(), kSweepMax);
  std::vector<fulfillment::Work> works;
  for (const fulfillment::DueStep& step : *due) {
    fulfillment::Work work;
    work.shipment_id = step.shipment_id;
    work.now = world().Now();
    if (step.return_id) {
      work.command = fulfillment::ReturnStep{*step.return_id};
    } else {
      work.command = fulfillment::CarrierStep{};
    }
    works.push_back(std::move(work));
  }
  if (works.empty()) return;
  sweeping_ = true;
  Submit(std::move(works), [this](const Result<void>&) { sweeping_ = false; });
}

}  // namespace souk::sim
