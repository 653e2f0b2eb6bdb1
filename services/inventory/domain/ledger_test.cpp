#include "services/inventory/domain/ledger.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace souk::inventory {
namespace {

const SystemTime kNow = FromUnixMicros(1'700'000'000'000'000);
const SystemTime kLater = kNow + std::chrono::minutes(15);

Uuid Name(int n) { return Uuid::FromName("test", std::to_string(n)); }
Cause Call(SystemTime now = kNow) { return {false, {}, now}; }
Cause Message(int n, SystemTime now = kNow) { return {true, Name(1000 + n), now}; }

Ledger WithStock(std::int64_t units) {
  Ledger ledger;
  ledger.Apply(Receive{"initial", {{"A", units}}}, Call());
  ledger.Seal(kNow);
  ledger.TakeChanges();
  return ledger;
}

template <class T>
std::vector<T> EventsOf(Ledger& ledger) {
  ledger.Seal(kNow);
  std::vector<T> found;
  for (const Event& event : ledger.TakeChanges().events) {
    if (const T* body = std::get_if<T>(&event.body)) found.push_back(*body);
  }
  return found;
}

TEST(LedgerTest, TheEarlierInTheQueueGetsTheLastUnits) {
  Ledger ledger = WithStock(5);
  EXPECT_FALSE(ledger.Apply(Reserve{Name(1), {{"A", 4}}, kLater}, Call()).error);
  const Outcome second = ledger.Apply(Reserve{Name(2), {{"A", 2}}, kLater}, Call());
  ASSERT_TRUE(second.error);
  EXPECT_EQ(second.error->reason, "OUT_OF_STOCK");
  EXPECT_EQ(second.error->details_json, R"({"shortLines":[{"sku":"A","requested":2,"available":1}]})");
  EXPECT_FALSE(ledger.Apply(Reserve{Name(3), {{"A", 1}}, kLater}, Call()).error);
  EXPECT_EQ(ledger.LevelOf("A")->Available(), 0);
}

TEST(LedgerTest, ASellersCorrectionNeverTakesWhatCustomersHold) {
  Ledger ledger = WithStock(10);
  ledger.Apply(Reserve{Name(1), {{"A", 4}}, kLater}, Call());
  EXPECT_FALSE(ledger.Apply(Correct{"count", "A", 0, 8, ""}, Message(1)).error);
  EXPECT_EQ(ledger.LevelOf("A")->OnHand(), 8);
  // Fewer counted than are held: the hold survives, the rest is taken off.
  EXPECT_FALSE(ledger.Apply(Correct{"count 2", "A", 0, 1, "flood"}, Message(2)).error);
  EXPECT_EQ(ledger.LevelOf("A")->OnHand(), 4);
  EXPECT_EQ(ledger.LevelOf("A")->reserved, 4);
  EXPECT_FALSE(ledger.Apply(Correct{"broken", "A", -3, std::nullopt, ""}, Message(3)).error);
  EXPECT_EQ(ledger.LevelOf("A")->OnHand(), 4);
  EXPECT_FALSE(ledger.Apply(Correct{"found", "A", 2, std::nullopt, ""}, Message(4)).error);
  EXPECT_FALSE(ledger.Apply(Correct{"found", "A", 2, std::nullopt, ""}, Message(5)).error);
  EXPECT_EQ(ledger.LevelOf("A")->OnHand(), 6) << "one movement for one id";
  EXPECT_FALSE(ledger.Apply(Correct{"new", "B", 0, 7, ""}, Message(6)).error);
  EXPECT_EQ(ledger.LevelOf("B")->Available(), 7);
  ledger.Seal(kNow);
  EXPECT_EQ(ledger.TakeChanges().movements.size(), 4u);
}

TEST(LedgerTest, AShortLineLeavesNoOtherLineClaimed) {
  Ledger ledger = WithStock(5);
  ledger.Apply(Receive{"b", {{"B", 1}}}, Call());
  const Outcome outcome = ledger.Apply(Reserve{Name(1), {{"A", 1}, {"B", 2}}, kLater}, Call());
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(ledger.LevelOf("A")->reserved, 0);
  EXPECT_EQ(ledger.LevelOf("B")->reserved, 0);
  EXPECT_EQ(ledger.Find(Name(1)), nullptr) << "a refused call keeps nothing";
}

TEST(LedgerTest, TheSameReservationAgainAnswersTheSameB55) {
  Ledger ledger = WithStock(5);
  const Reserve reserve{Name(1), {{"A", 2}}, kLater};
  EXPECT_TRUE(ledger.Apply(reserve, Call()).took_units);
  const Outcome again = ledger.Apply(reserve, Call(kNow + std::chrono::seconds(5)));
  EXPECT_FALSE(again.error);
  EXPECT_FALSE(again.took_units);
  EXPECT_EQ(again.reservation->created_at, kNow);
  EXPECT_EQ(ledger.LevelOf("A")->reserved, 2);
  const Outcome other = ledger.Apply(Reserve{Name(1), {{"A", 3}}, kLater}, Call());
  ASSERT_TRUE(other.error);
  EXPECT_EQ(other.error->code, ErrorCode::kAlreadyExists);
}

TEST(LedgerTest, CommitAndReleaseOfWhatIsNotThereAreRefusedB56) {
  Ledger ledger = WithStock(5);
  EXPECT_EQ(ledger.Apply(Commit{Name(9)}, Call()).error->code, ErrorCode::kNotFound);
  EXPECT_EQ(ledger.Apply(Release{Name(9), ""}, Call()).error->code, ErrorCode::kNotFound);
  ledger.Apply(Reserve{Name(1), {{"A", 2}}, kLater}, Call());
  EXPECT_FALSE(ledger.Apply(Release{Name(1), ""}, Call()).error);
  EXPECT_FALSE(ledger.Apply(Release{Name(1), ""}, Call()).error);
  EXPECT_EQ(ledger.Apply(Commit{Name(1)}, Call()).error->code, ErrorCode::kFailedPrecondition);
  ledger.Apply(Reserve{Name(2), {{"A", 2}}, kLater}, Call());
  EXPECT_FALSE(ledger.Apply(Commit{Name(2)}, Call()).error);
  EXPECT_FALSE(ledger.Apply(Commit{Name(2)}, Call()).error);
  EXPECT_EQ(ledger.Apply(Release{Name(2), ""}, Call()).error->code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(ledger.LevelOf("A")->sold, 2);
}

TEST(LedgerTest, ACommitAfterTheHoldRanOutFailsAndGivesTheUnitsBackF41) {
  Ledger ledger = WithStock(5);
  ledger.Apply(Reserve{Name(1), {{"A", 2}}, kLater}, Message(1));
  const Outcome late = ledger.Apply(Commit{Name(1)}, Message(2, kLater));
  EXPECT_EQ(late.error->reason, "EXPIRED");
  const auto failed = EventsOf<StockCommitFailed>(ledger);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, "EXPIRED");
  EXPECT_EQ(ledger.LevelOf("A")->Available(), 5);
}

TEST(LedgerTest, TheUndoBeforeTheDoWinsF44) {
  Ledger ledger = WithStock(5);
  EXPECT_FALSE(ledger.Apply(Release{Name(1), "cancelled"}, Message(1)).error);
  const Outcome late = ledger.Apply(Reserve{Name(1), {{"A", 2}}, kLater}, Message(2));
  EXPECT_TRUE(late.error);
  const auto rejected = EventsOf<StockRejected>(ledger);
  ASSERT_EQ(rejected.size(), 1U);
  EXPECT_EQ(rejected[0].reason, "CANCELLED");
  EXPECT_EQ(ledger.LevelOf("A")->reserved, 0);
}

TEST(LedgerTest, ARejectedMessageIsAnsweredTheSameAfterStockCameIn) {
  Ledger ledger = WithStock(1);
  ledger.Apply(Reserve{Name(1), {{"A", 2}}, kLater}, Message(1));
  ledger.Apply(Receive{"more", {{"A", 10}}}, Call());
  ledger.Apply(Reserve{Name(1), {{"A", 2}}, kLater}, Message(2));
  const auto rejected = EventsOf<StockRejected>(ledger);
  ASSERT_EQ(rejected.size(), 2U);
  EXPECT_EQ(rejected[0].short_lines, rejected[1].short_lines);
}

TEST(LedgerTest, AMovementHappensOnce) {
  Ledger ledger = WithStock(5);
  const auto first = ledger.Apply(Receive{"m", {{"A", 3}, {"B", 1}}}, Call());
  const auto again = ledger.Apply(Receive{"m", {{"A", 3}, {"B", 1}}}, Call());
  EXPECT_EQ(first.levels, again.levels);
  EXPECT_EQ(ledger.Apply(Receive{"m", {{"A", 3}}}, Call()).error->code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(ledger.Apply(Adjust{"m", "A", 3, ""}, Call()).error->code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(ledger.LevelOf("A")->received, 8);
}

TEST(LedgerTest, F45ACorrectionNeverTakesWhatIsReservedOrSold) {
  Ledger ledger = WithStock(5);
  ledger.Apply(Reserve{Name(1), {{"A", 4}}, kLater}, Call());
  EXPECT_EQ(ledger.Apply(Adjust{"x", "A", -2, "broken"}, Call()).error->code, ErrorCode::kFailedPrecondition);
  EXPECT_FALSE(ledger.Apply(Adjust{"y", "A", -1, "broken"}, Call()).error);
  EXPECT_EQ(ledger.LevelOf("A")->Available(), 0);
  EXPECT_EQ(ledger.Apply(Adjust{"z", "Q", 1, ""}, Call()).error->code, ErrorCode::kNotFound);
}

TEST(LedgerTest, ARestockHappensOnceAndNeverExceedsWhatWasSold) {
  Ledger ledger = WithStock(5);
  ledger.Apply(Reserve{Name(1), {{"A", 4}}, kLater}, Call());
  EXPECT_EQ(ledger.Apply(Restock{Name(1), "r", {{"A", 1}}}, Call()).error->reason, "HELD");
  ledger.Apply(Commit{Name(1)}, Call());
  EXPECT_FALSE(ledger.Apply(Restock{Name(1), "r", {{"A", 3}}}, Call()).error);
  EXPECT_FALSE(ledger.Apply(Restock{Name(1), "r", {{"A", 3}}}, Message(1)).error);
  EXPECT_EQ(ledger.Apply(Restock{Name(1), "s", {{"A", 2}}}, Call()).error->reason, "RESTOCK_EXCEEDS_SOLD");
  EXPECT_EQ(ledger.LevelOf("A")->Available(), 4);
  EXPECT_EQ(EventsOf<StockRestocked>(ledger).size(), 1U);
}

TEST(LedgerTest, LowStockIsToldOncePerFall) {
  Ledger ledger = WithStock(10);
  SkuInfo info{"A", "Apple", "seller", 3, 1, false, false, 0};
  ledger.Apply(Catalogue{info}, Call());
  EXPECT_TRUE(EventsOf<StockLow>(ledger).empty());
  ledger.Apply(Reserve{Name(1), {{"A", 7}}, kLater}, Call());
  const auto fall = EventsOf<StockLow>(ledger);
  ASSERT_EQ(fall.size(), 1U);
  EXPECT_EQ(fall[0].episode, 1);
  EXPECT_EQ(fall[0].available, 3);
  ledger.Apply(Reserve{Name(2), {{"A", 1}}, kLater}, Call());
  EXPECT_TRUE(EventsOf<StockLow>(ledger).empty());
  ledger.Apply(Release{Name(1), ""}, Call());
  EXPECT_TRUE(EventsOf<StockLow>(ledger).empty());
  ledger.Apply(Reserve{Name(3), {{"A", 8}}, kLater}, Call());
  EXPECT_EQ(EventsOf<StockLow>(ledger).size(), 1U);
}

TEST(LedgerTest, AnOlderCatalogueEventChangesNothing) {
  Ledger ledger = WithStock(1);
  ledger.Apply(Catalogue{SkuInfo{"A", "new", "", 0, 5, false, false, 0}}, Call());
  ledger.Apply(Catalogue{SkuInfo{"A", "old", "", 0, 4, false, false, 0}}, Call());
  ledger.Seal(kNow);
  const Changes changes = ledger.TakeChanges();
  ASSERT_EQ(changes.skus.size(), 1U);
  EXPECT_EQ(changes.skus[0].name, "new");
}

Command AnyCommand(int ids, int& movements) {
  const Uuid id = Name(*rc::gen::inRange(0, ids));
  const std::string sku = *rc::gen::element<std::string>("A", "B", "C");
  const auto quantity = *rc::gen::inRange<std::int64_t>(1, 6);
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
    case 1:
    case 2: return Reserve{id, sku == "A" ? std::vector<Line>{{"A", quantity}, {"B", 1}} : std::vector<Line>{{sku, quantity}}, kLater};
    case 3: return Release{id, "r"};
    case 4: return Commit{id};
    case 5: return Expire{id};
    case 6: return Restock{id, "r" + std::to_string(quantity), {{sku, quantity}}};
    case 7: return Spread{sku, quantity};
    default: {
      const std::string movement = std::to_string(++movements);
      if (quantity < 3) return Adjust{movement, sku, -quantity, ""};
      return Receive{movement, {{sku, quantity}}};
    }
  }
}

TEST(LedgerTest, AnySequenceOfCommandsKeepsTheInvariants) {
  EXPECT_TRUE(rc::check("stock = movements - sold - held", [] {
    Ledger ledger(*rc::gen::arbitrary<std::uint64_t>());
    std::map<std::string, std::int64_t> moved;
    std::map<std::pair<std::string, std::int64_t>, Bucket> rows;
    std::set<Uuid> event_ids;
    int movements = 0;
    const int steps = *rc::gen::inRange(1, 80);
    for (int i = 0; i < steps; ++i) {
      const SystemTime now = kNow + std::chrono::minutes(*rc::gen::inRange(0, 20));
      const bool message = *rc::gen::arbitrary<bool>();
      ledger.Apply(AnyCommand(12, movements), message ? Message(i, now) : Call(now));
      if (*rc::gen::arbitrary<bool>()) continue;  // several commands make one batch
      ledger.Seal(now);
      const Changes changes = ledger.TakeChanges();
      for (const Movement& movement : changes.movements) moved[movement.sku] += movement.quantity;
      for (const StockUpdate& update : changes.stock) {
        Bucket& row = rows[{update.sku, update.bucket}];
        RC_ASSERT(row.version == update.version);
        row.received += update.received;
        row.reserved += update.reserved;
        row.sold += update.sold;
        ++row.version;
        RC_ASSERT(row.Valid());
      }
      for (const Event& event : changes.events) RC_ASSERT(event_ids.insert(event.id).second);
    }
    ledger.Seal(kNow);
    for (const Movement& movement : ledger.TakeChanges().movements) moved[movement.sku] += movement.quantity;
    std::map<std::string, std::int64_t> held;
    std::map<std::string, std::int64_t> sold;
    for (int i = 0; i < 12; ++i) {
      const Reservation* reservation = ledger.Find(Name(i));
      if (reservation == nullptr) continue;
      for (const Held& part : reservation->held) {
        if (reservation->status == Status::kHeld) held[part.sku] += part.quantity;
        if (reservation->status == Status::kCommitted) sold[part.sku] += part.quantity;
      }
    }
    for (const std::string sku : {"A", "B", "C"}) {
      const auto level = ledger.LevelOf(sku);
      if (!level) continue;
      RC_ASSERT(level->received == moved[sku]);
      RC_ASSERT(level->reserved == held[sku]);
      RC_ASSERT(level->sold == sold[sku]);
      RC_ASSERT(level->Available() >= 0);
    }
  }));
}

}  // namespace
}  // namespace souk::inventory
