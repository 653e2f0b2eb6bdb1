#include "services/inventory/adapters/sql_stock_store.hpp"

#include <algorithm>
#include <map>

#include "libs/base/match.hpp"
#include "services/inventory/adapters/codec.hpp"
#include "services/inventory/adapters/sql_rows.hpp"
#include "services/inventory/adapters/statements.hpp"

namespace souk::inventory {
namespace {

constexpr int kRacesMax = 8;

/// `hopeful`: ids of Reserve are taken for new and not looked for. The insert tells when one was not, and the next attempt looks.
/// A look-up that finds nothing is not only wasted: under SERIALIZABLE it conflicts with every insert near by.
void Collect(const Command& command, bool hopeful, rows::Touched& touched) {
  const auto add_skus = [&](const std::vector<Line>& lines) {
    for (const Line& line : lines) touched.skus.push_back(line.sku);
  };
  std::visit(Match{[&](const Reserve& c) {
                     if (!hopeful) touched.reservations.push_back(c.id);
                     add_skus(c.lines);
                   },
                   [&](const Restock& c) {
                     touched.reservations.push_back(c.id);
                     add_skus(c.lines);
                     touched.movements.push_back("restock:" + c.id.ToString() + ":" + c.restock_id);
                     touched.restocks.push_back(c.id.ToString());
                   },
                   [&](const Receive& c) {
                     touched.movements.push_back(c.movement_id);
                     add_skus(c.lines);
                   },
                   [&](const Adjust& c) {
                     touched.movements.push_back(c.movement_id);
                     touched.skus.push_back(c.sku);
                   },
                   [&](const Correct& c) {
                     touched.movements.push_back(c.movement_id);
                     touched.skus.push_back(c.sku);
                   },
                   [&](const Catalogue& c) { touched.skus.push_back(c.info.sku); },
                   [&](const Spread& c) { touched.skus.push_back(c.sku); },
                   [&](const auto& c) { touched.reservations.push_back(c.id); }},
             command);
}

/// result[i]: the work is a message that was applied before.
std::vector<bool> FindDuplicates(sql::Tx& tx, std::span<Work> works) {
  std::vector<bool> duplicate(works.size(), false);
  std::map<std::string, std::vector<std::size_t>> by_consumer;
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (!works[i].consumer.empty()) by_consumer[works[i].consumer].push_back(i);
  }
  for (const auto& [consumer, indexes] : by_consumer) {
    std::vector<Uuid> ids;
    for (const std::size_t i : indexes) ids.push_back(works[i].cause.message_id);
    const std::vector<bool> fresh = outbox::InsertInbox(tx, consumer, ids);
    for (std::size_t k = 0; k < indexes.size(); ++k) duplicate[indexes[k]] = !fresh[k];
  }
  return duplicate;
}

/// A refused call writes nothing, so no insert would tell that its id is known.
bool RefusedUnseen(std::span<const Work> works) {
  return std::any_of(works.begin(), works.end(), [](const Work& work) {
    return !work.cause.is_message && work.outcome.error && std::holds_alternative<Reserve>(work.command);
  });
}

void ForgetUnanswered(sql::Tx& tx, std::span<Work> works) {
  std::map<std::string, sql::Array> by_consumer;
  for (const Work& work : works) {
    if (work.consumer.empty() || work.outcome.duplicate || !work.outcome.error || work.outcome.answered) continue;
    by_consumer[work.consumer].Add(work.cause.message_id);
  }
  for (const auto& [consumer, ids] : by_consumer) tx.Exec(statements::kForgetMessages, {consumer, ids});
}

}  // namespace

struct SqlStockStore::Batch {
  bool hopeful = true;
  Applied applied;
  std::vector<outbox::OutboxRecord> records;
};

SqlStockStore::SqlStockStore(sql::ConnectionConfig config, sql::Isolation isolation, std::uint64_t preference,
                             HandOff hand_off)
    : connection_(std::move(config)),
      isolation_(isolation),
      preference_(preference),
      hand_off_(std::move(hand_off)) {}

Result<void> SqlStockStore::RunOnce(sql::Tx& tx, std::span<Work> works, Batch& batch) {
  batch.applied = {};
  batch.records.clear();
  const std::vector<bool> duplicate = FindDuplicates(tx, works);
  rows::Touched touched;
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (!duplicate[i]) Collect(works[i].command, batch.hopeful, touched);
  }
  Ledger ledger(preference_);
  rows::Load(tx, std::move(touched), ledger);
  std::vector<std::size_t> causes;
  SystemTime now{};
  for (std::size_t i = 0; i < works.size(); ++i) {
    works[i].outcome = Outcome{};
    works[i].outcome.duplicate = duplicate[i];
    if (duplicate[i]) continue;
    works[i].outcome = ledger.Apply(works[i].command, works[i].cause);
    causes.push_back(i);
    now = std::max(now, works[i].cause.now);
  }
  if (batch.hopeful && RefusedUnseen(works)) {
    return MakeError(ErrorCode::kAborted, "a refused id may be one that was granted before", "LOST_RACE");
  }
  ForgetUnanswered(tx, works);
  ledger.Seal(now);
  Changes changes = ledger.TakeChanges();
  if (!rows::Save(tx, changes)) return MakeError(ErrorCode::kAborted, "another writer was faster", "LOST_RACE");
  for (const Event& event : changes.events) {
    batch.records.push_back(codec::ToRecord(event, works[causes[event.command]]));
    if (std::holds_alternative<StockLow>(event.body)) batch.applied.alerts.push_back(event);
  }
  batch.applied.levels = std::move(changes.levels);
  if (batch.records.empty()) return {};
  return outbox::Append(tx, batch.records);
}

Result<Applied> SqlStockStore::Apply(std::span<Work> works) {
  Batch batch;
  Result<void> result;
  for (int attempt = 0; attempt < kRacesMax; ++attempt) {
    result = connection_.Run([&](sql::Tx& tx) { return RunOnce(tx, works, batch); }, isolation_);
    if (result.ok() || result.error().code != ErrorCode::kAborted) break;
    if (result.error().reason == "LOST_RACE") batch.hopeful = false;
  }
  if (!result.ok()) return result.error();
  if (!batch.records.empty()) hand_off_(std::move(batch.records));
  return std::move(batch.applied);
}

}  // namespace souk::inventory
