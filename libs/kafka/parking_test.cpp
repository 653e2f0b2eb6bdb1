#include "libs/kafka/parking.hpp"

#include <gtest/gtest.h>

#include "libs/kafka/dead_letter.hpp"
#include "libs/kafka/memory_broker.hpp"

namespace souk::kafka {
namespace {

using Strings = std::vector<std::string>;

/// A group "g" on topic "t"; the handler fails on values that begin with "bad", for as long as `mended` does not hold them.
class ParkingTest : public ::testing::Test {
 protected:
  Record At(std::int64_t offset, const std::string& key, const std::string& value) {
    Record record;
    record.topic = "t";
    record.partition = 0;
    record.offset = offset;
    record.key = key;
    record.value = value;
    record.headers = {{"ce_id", std::to_string(offset)}, {"traceparent", "trace"}};
    return record;
  }

  Result<Verdicts> Judge(std::vector<Record>& records) {
    ++calls_;
    if (away_) return MakeError(ErrorCode::kUnavailable, "away");
    Verdicts verdicts(records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      ++tries_[records[i].value];
      if (records[i].value.starts_with("bad") && !mended_.contains(records[i].value)) {
        verdicts[i] = MakeError(ErrorCode::kInvalidArgument, "can't be read", "UNREADABLE_PAYLOAD");
      } else {
        applied_.push_back(records[i].value);
      }
    }
    return verdicts;
  }

  Result<void> Handle(std::vector<Record> records, Parking* parking = nullptr) { return (parking == nullptr ? parking_ : *parking).Handle(records); }
  std::vector<Record> Letters() { return broker_.Records("g.dlq"); }
  /// Takes dead letter number `n` back to the group.
  Record Redrive(std::size_t n, bool drop = false) { return *ToRedrive(Letters().at(n), "g", drop); }

  MemoryBroker broker_;
  MemoryParkingLot lot_;
  int calls_ = 0;
  bool away_ = false;
  std::map<std::string, int> tries_;
  std::set<std::string> mended_;
  Strings applied_;
  Parking parking_{{.group = "g", .attempts_max = 3, .backoff_min = std::chrono::milliseconds(1)},
                   [this](auto& records) { return Judge(records); }, &lot_, broker_};
};

TEST_F(ParkingTest, F29TriesThreeTimesThenParksWithReasonTopicPartitionOffsetAndTrace) {
  ASSERT_TRUE(Handle({At(1, "a", "one"), At(2, "b", "bad"), At(3, "c", "three")}).ok());
  EXPECT_EQ(applied_, (Strings{"one", "three"}));
  EXPECT_EQ(tries_["bad"], 3);
  EXPECT_EQ(tries_["one"], 1);
  ASSERT_EQ(Letters().size(), 1u);
  const Record letter = Letters()[0];
  EXPECT_EQ(letter.key, "b");
  EXPECT_EQ(letter.value, "bad");
  EXPECT_EQ(letter.HeaderValue("dlq_reason"), "UNREADABLE_PAYLOAD: can't be read");
  EXPECT_EQ(letter.HeaderValue("dlq_topic"), "t");
  EXPECT_EQ(letter.HeaderValue("dlq_partition"), "0");
  EXPECT_EQ(letter.HeaderValue("dlq_offset"), "2");
  EXPECT_EQ(letter.HeaderValue("dlq_attempts"), "3");
  EXPECT_EQ(letter.HeaderValue("traceparent"), "trace");
}

TEST_F(ParkingTest, F29LaterRecordsOfAParkedKeyFollowItAndOtherKeysMoveOn) {
  ASSERT_TRUE(Handle({At(1, "a", "bad"), At(2, "a", "second"), At(3, "b", "other")}).ok());
  ASSERT_TRUE(Handle({At(4, "a", "third"), At(5, "b", "more")}).ok());
  EXPECT_EQ(applied_, (Strings{"other", "more"}));
  ASSERT_EQ(Letters().size(), 3u);
  EXPECT_TRUE(Letters()[1].HeaderValue("dlq_reason").starts_with("FOLLOWS"));
}

TEST_F(ParkingTest, F29RedrivesInOrderAndFreesTheKeyWithTheLastOne) {
  ASSERT_TRUE(Handle({At(1, "a", "bad"), At(2, "a", "second"), At(3, "a", "third")}).ok());
  mended_.insert("bad");
  ASSERT_TRUE(Handle({Redrive(0), Redrive(1)}).ok());
  EXPECT_EQ(applied_, (Strings{"bad", "second"}));
  ASSERT_TRUE(Handle({At(4, "a", "fourth")}).ok());
  EXPECT_EQ(applied_.size(), 2u) << "the third is still parked";
  ASSERT_TRUE(Handle({Redrive(2), Redrive(3), At(5, "a", "fifth")}).ok());
  EXPECT_EQ(applied_, (Strings{"bad", "second", "third", "fourth", "fifth"}));
  EXPECT_TRUE(lot_.Keys()->empty());
}

TEST_F(ParkingTest, ARedrivenRecordThatFailsAgainKeepsItsFollowersBehindIt) {
  ASSERT_TRUE(Handle({At(1, "a", "bad"), At(2, "a", "second")}).ok());
  ASSERT_TRUE(Handle({Redrive(0), Redrive(1)}).ok());
  EXPECT_TRUE(applied_.empty());
  EXPECT_EQ(Letters().size(), 4u) << "both are dead letters again";
  EXPECT_EQ(Letters()[2].HeaderValue("dlq_offset"), "1");
  EXPECT_EQ(lot_.Keys()->size(), 1u);
}

TEST_F(ParkingTest, DroppingGivesUpTheRecordAndFreesItsKey) {
  ASSERT_TRUE(Handle({At(1, "a", "bad"), At(2, "a", "second")}).ok());
  ASSERT_TRUE(Handle({Redrive(0, true), Redrive(1)}).ok());
  EXPECT_EQ(applied_, (Strings{"second"}));
  ASSERT_TRUE(Handle({At(3, "a", "third")}).ok());
  EXPECT_EQ(applied_, (Strings{"second", "third"}));
}

TEST_F(ParkingTest, F78AReplayDoesNotParkAgainWhatWasDropped) {
  const std::vector<Record> log = {At(1, "a", "bad"), At(2, "b", "good")};
  ASSERT_TRUE(Handle(log).ok());
  ASSERT_TRUE(Handle({Redrive(0, true)}).ok());
  ASSERT_TRUE(Handle(log).ok());
  EXPECT_EQ(Letters().size(), 1u);
  EXPECT_TRUE(lot_.Keys()->empty());
}

TEST_F(ParkingTest, AnotherInstanceKnowsWhatIsParkedWhenItTakesThePartition) {
  ASSERT_TRUE(Handle({At(1, "a", "bad")}).ok());
  Parking other{{.group = "g"}, [this](auto& records) { return Judge(records); }, &lot_, broker_};
  ASSERT_TRUE(Handle({At(2, "a", "second")}, &other).ok());
  EXPECT_TRUE(applied_.empty());
  // Redriven through the first, which owns the redrive topic: the second finds out when the next record comes.
  mended_.insert("bad");
  ASSERT_TRUE(Handle({Redrive(0), Redrive(1)}).ok());
  ASSERT_TRUE(Handle({At(3, "a", "third")}, &other).ok());
  EXPECT_EQ(applied_, (Strings{"bad", "second", "third"}));
}

TEST_F(ParkingTest, ARefusedRecordBecomesADeadLetterAndHoldsUpNobody) {
  Parking refusing{{.group = "g", .attempts_max = 3, .backoff_min = std::chrono::milliseconds(1)},
                   [&](std::vector<Record>& records) -> Result<Verdicts> {
                     Verdicts verdicts(records.size());
                     for (std::size_t i = 0; i < records.size(); ++i) {
                       if (records[i].value == "no") verdicts[i] = MakeError(ErrorCode::kFailedPrecondition, "wrong state");
                       else applied_.push_back(records[i].value);
                     }
                     return verdicts;
                   },
                   &lot_, broker_};
  ASSERT_TRUE(Handle({At(1, "a", "no"), At(2, "a", "second")}, &refusing).ok());
  EXPECT_EQ(applied_, (Strings{"second"}));
  ASSERT_EQ(Letters().size(), 1u);
  EXPECT_EQ(Letters()[0].HeaderValue("dlq_attempts"), "1") << "it was decided and remembered: a second try would pass for applied";
  EXPECT_EQ(AsRefusal(MakeError(ErrorCode::kInvalidArgument, "too much")).code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(AsRefusal(MakeError(ErrorCode::kNotFound, "who")).code, ErrorCode::kNotFound);
}

TEST_F(ParkingTest, WithoutALotOrderIsNoMatterAndNothingFollows) {
  Parking loose{{.group = "g"}, [this](auto& records) { return Judge(records); }, nullptr, broker_};
  ASSERT_TRUE(Handle({At(1, "a", "bad"), At(2, "a", "second")}, &loose).ok());
  EXPECT_EQ(applied_, (Strings{"second"}));
  EXPECT_EQ(calls_, 3) << "one batch for both, two more tries";
}

TEST_F(ParkingTest, AnEngineThatIsAwayParksNothingAndAllComesAgain) {
  away_ = true;
  std::vector<Record> records = {At(1, "a", "bad"), At(2, "b", "good")};
  EXPECT_EQ(parking_.Handle(records).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(records[1].value, "good") << "the batch has to be whole for the next time";
  EXPECT_TRUE(Letters().empty());
  away_ = false;
  ASSERT_TRUE(parking_.Handle(records).ok());
  EXPECT_EQ(applied_, (Strings{"good"}));
}

TEST_F(ParkingTest, AForeignRecordOnTheRedriveTopicIsSkipped) {
  Record stray = At(1, "a", "stray");
  stray.topic = "g.redrive";
  ASSERT_TRUE(Handle({stray, At(2, "b", "good")}).ok());
  EXPECT_EQ(applied_, (Strings{"good"}));
}

}  // namespace
}  // namespace souk::kafka
