#include "test/sim/inventory_node.hpp"

#include <fmt/format.h>

#include "libs/kafka/envelope.hpp"
#include "services/inventory/adapters/codec.hpp"

namespace souk::sim {
namespace {

constexpr std::size_t kBatchMax = 16;
constexpr int kUnknownCommitTries = 3;  // as services/inventory/adapters/writer.cpp
constexpr const char* kCommandsGroup = "inventory.commands";
constexpr const char* kCatalogueGroup = "inventory.catalogue";
constexpr seconds kHoldDefault{240};

}  // namespace

Result<inventory::Applied> SimStockStore::Apply(std::span<inventory::Work> works) {
  std::vector<outbox::OutboxRecord> records;
  inventory::Applied applied;
  const std::int64_t sequence = data_.sql.NextSequence();
  const Result<void> result = data_.sql.Run(node_.name(), [&](bool commit) -> Result<void> {
    if (!commit) data_.store.FailNext(1, MakeError(ErrorCode::kAborted, "told to"));
    Result<inventory::Applied> once = ApplyOnce(works, records, sequence);
    if (!commit) return {};
    if (!once.ok()) return once.error();
    applied = std::move(once).value();
    return {};
  });
  if (!result.ok()) return result.error();
  hand_off_.insert(hand_off_.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
  return applied;
}

Result<inventory::Applied> SimStockStore::ApplyOnce(std::span<inventory::Work> works, std::vector<outbox::OutboxRecord>& records, std::int64_t sequence) {
  records.clear();
  Spoil(works);
  SOUK_ASSIGN_OR_RETURN(inventory::Applied applied, data_.store.Apply(works));
  if (node_.world().Has(Bug::kAbsoluteStockWrite)) past_ = data_.store.Copy();
  std::vector<std::size_t> causes;
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (works[i].outcome.duplicate) continue;
    causes.push_back(i);
    const inventory::Outcome& outcome = works[i].outcome;
    if (!works[i].consumer.empty() && !(outcome.error && !outcome.answered)) checks_.Applied(works[i].consumer, works[i].cause.message_id);
  }
  for (const inventory::Event& event : data_.store.TakeEvents()) {
    records.push_back(inventory::codec::ToRecord(event, works[causes[event.command]]));
    node_.Trace(fmt::format("{} {} v{}", event.key.substr(0, 8), records.back().envelope.type.substr(18), event.version));
  }
  data_.sql.Append(records, sequence);
  checks_.StockCommitted(data_.store, data_.claims);
  return applied;
}

/// The mistakes that a ledger can make.
void SimStockStore::Spoil(std::span<inventory::Work> works) {
  World& world = node_.world();
  if (world.Has(Bug::kAbsoluteStockWrite)) data_.store.Overwrite(past_);
  for (inventory::Work& work : works) {
    const auto* release = std::get_if<inventory::Release>(&work.command);
    if (release == nullptr) continue;
    const auto known = data_.store.Find(release->id);
    if (world.Has(Bug::kTombstoneForgotten) && !known) work.cause.is_message = false;
    if (!world.Has(Bug::kReleaseTwice) || !known || known->status != inventory::Status::kReleased || known->lines.empty()) continue;
    inventory::MemoryStockStore::State state = data_.store.Copy();
    const inventory::Line& line = known->lines.front();
    (void)state.ledger.Apply(inventory::Adjust{"again:" + work.cause.message_id.ToString(), line.sku, line.quantity, "released"}, work.cause);
    state.ledger.Seal(world.Now());
    (void)state.ledger.TakeChanges();
    data_.store.Overwrite(std::move(state));
  }
}

InventoryNode::InventoryNode(World& world, Broker& broker, InventoryData& data, Checks& checks, std::string name)
    : Node(world, broker, data.sql, std::move(name)), data_(data), checks_(checks) {}

void InventoryNode::Boot() {
  store_ = std::make_unique<SimStockStore>(*this, data_, checks_);
  writer_ = std::make_unique<Writer<inventory::Work>>(
      *this, kBatchMax, [this](std::span<inventory::Work> works) { return Apply(works); },
      [this](inventory::Work& work, const Result<void>& result) { Finish(work, result); }, [this] { return store_->TakeHandOff(); });
  reader_ = std::make_unique<SimStockReader>(*this, data_.reader);
  availability_ = std::make_unique<SimAvailability>(*this, data_.counts);
  keeper_ = std::make_unique<inventory::CountKeeper>(inventory::CountKeeperConfig{}, *availability_, *reader_, [this] { return world().Steady(); });
  availability_->SetWatch(keeper_.get());
  gate_ = std::make_unique<inventory::ReserveGate>(inventory::ReserveGateConfig{}, availability_.get(), *reader_, *this);
  expiry_ = std::make_unique<inventory::ExpireReservations>(*reader_, *this, world().clock());
  Consume(kCommandsGroup, {inventory::codec::kReservationCommands}, true, [this](auto records, auto done) { OnRecords(*records, true, done); });
  Consume(kCatalogueGroup, {inventory::codec::kProductEvents}, false, [this](auto records, auto done) { OnRecords(*records, false, done); });
  Every(seconds(1), [this] { expiry_->Tick(); });
  Every(milliseconds(500), [this] { keeper_->Tick(); });
}

void InventoryNode::Drop() {
  expiry_.reset();
  gate_.reset();
  writer_.reset();
  keeper_.reset();
  availability_.reset();
  reader_.reset();
  store_.reset();
}

/// As adapters/writer.cpp.
Result<void> InventoryNode::Apply(std::span<inventory::Work> works) {
  gate_->Nudge();
  Result<inventory::Applied> applied = store_->Apply(works);
  for (int i = 0; i < kUnknownCommitTries && !applied.ok() && applied.error().reason == "COMMIT_UNKNOWN"; ++i) {
    for (const inventory::Work& work : works) {
      const auto* reserve = std::get_if<inventory::Reserve>(&work.command);
      if (reserve == nullptr) continue;
      for (const inventory::Line& line : reserve->lines) keeper_->Suspect(line.sku);
    }
    applied = store_->Apply(works);
  }
  if (!applied.ok()) return applied.error();
  std::vector<inventory::CountChange> changes = inventory::ToBook(works, *applied);
  if (!changes.empty()) availability_->Add(std::move(changes));
  for (const inventory::LevelChange& change : applied->levels) keeper_->OnLevel(change.after);
  return {};
}

void InventoryNode::Finish(inventory::Work& work, const Result<void>& result) {
  if (!result.ok() && work.counted) availability_->Add(inventory::GiveBack(work));
  if (work.done) work.done(result, work);
}

Result<inventory::Work> InventoryNode::ToWork(const kafka::Record& record, bool commands) const {
  SOUK_ASSIGN_OR_RETURN(const kafka::Envelope envelope, kafka::ParseEnvelope(record));
  const SystemTime now = const_cast<InventoryNode*>(this)->world().Now();
  SOUK_ASSIGN_OR_RETURN(inventory::Command command, commands ? inventory::codec::ParseCommand(envelope.type, record.value, now, kHoldDefault)
                                                             : inventory::codec::ParseProduct(envelope.type, record.value));
  inventory::Work work;
  work.command = std::move(command);
  work.cause = {true, envelope.id, now};
  if (commands) work.consumer = kCommandsGroup;
  return work;
}

void InventoryNode::OnRecords(const std::vector<kafka::Record>& records, bool commands, const Consumer::Done& done) {
  std::vector<inventory::Work> works;
  for (const kafka::Record& record : records) {
    Result<inventory::Work> work = ToWork(record, commands);
    if (work.ok()) {
      works.push_back(std::move(work).value());
      if (const auto* reserve = std::get_if<inventory::Reserve>(&works.back().command)) data_.claims.insert(reserve->id);
    } else if (work.error().code != ErrorCode::kUnimplemented) {
      world().Fail("inventory can't read a record: " + work.error().message);
    }
  }
  if (works.empty()) return done({});
  const auto answers = std::make_shared<Answers>(works.size(), done);
  for (inventory::Work& work : works) {
    work.done = [this, answers](const Result<void>& result, inventory::Work& finished) {
      const inventory::Outcome& outcome = finished.outcome;
      if (result.ok() && outcome.error && !outcome.answered && !outcome.duplicate) Trace("dead letter: " + outcome.error->message);
      answers->Settle(result);
    };
    (void)writer_->Submit(std::move(work)).ok();
  }
}

void InventoryNode::Call(inventory::Command command, bool through_gate, std::function<void(const Result<void>&, const inventory::Outcome&)> answer) {
  inventory::Work work;
  work.command = std::move(command);
  work.cause.now = world().Now();
  work.done = [answer = std::move(answer)](const Result<void>& result, inventory::Work& finished) { answer(result, finished.outcome); };
  if (through_gate) return gate_->Submit(std::move(work));
  (void)writer_->Submit(std::move(work)).ok();
}

}  // namespace souk::sim
