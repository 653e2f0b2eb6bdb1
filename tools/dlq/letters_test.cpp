#include "tools/dlq/letters.hpp"

#include <gtest/gtest.h>

#include "souk/fulfillment/v1/shipment_commands.pb.h"

namespace souk::dlq {
namespace {

kafka::Record LetterRecord(std::int64_t offset, std::int64_t origin, const std::string& key, const std::string& reason, const std::string& value = "") {
  kafka::Record record;
  record.topic = "g.one.dlq";
  record.partition = 0;
  record.offset = offset;
  record.key = key;
  record.value = value;
  record.headers = {{"ce_type", "souk.fulfillment.v1.CreateShipment"}, {"traceparent", "trace"},        {"dlq_reason", reason},
                    {"dlq_topic", "t"},                                {"dlq_partition", "2"},          {"dlq_offset", std::to_string(origin)},
                    {"dlq_attempts", "3"}};
  return record;
}
kafka::Record Decided(std::int64_t offset, const Letter& letter, const std::string& decision) {
  kafka::Record record = DecisionRecord(letter, decision, {"ada", "mended"}, FromUnixMicros(1'700'000'000'000'000));
  record.partition = 0;
  record.offset = offset;
  return record;
}

TEST(LettersTest, FoldsLettersAndDecisionsIntoWhatIsOpen) {
  const std::vector<kafka::Record> first = {LetterRecord(0, 10, "a", "bad"), LetterRecord(1, 11, "b", "bad")};
  const auto open = Fold("g.one", first);
  ASSERT_EQ(open.size(), 2u);
  EXPECT_EQ(open[0].id(), "g.one/0/0");
  EXPECT_EQ(open[0].origin, (kafka::Place{"t", 2, 10}));
  auto records = first;
  records.push_back(Decided(2, open[0], "redrive"));
  records.push_back(LetterRecord(3, 10, "a", "still bad"));
  const auto folded = Fold("g.one", records);
  ASSERT_EQ(folded.size(), 3u);
  EXPECT_EQ(folded[0].decision, "redrive");
  EXPECT_EQ(folded[0].decided, "ada at 2023-11-14T22:13:20.000000Z: mended");
  EXPECT_EQ(folded[1].decision, "");
  EXPECT_EQ(folded[2].decision, "") << "it failed again, so it is open again";
}

TEST(LettersTest, OfALetterThatWasWrittenTwiceOnlyTheLastIsOpen) {
  const auto folded = Fold("g.one", {LetterRecord(0, 10, "a", "bad"), LetterRecord(1, 10, "a", "FOLLOWS: an earlier record")});
  EXPECT_EQ(folded[0].decision, "repeated");
  EXPECT_EQ(folded[1].decision, "");
  EXPECT_EQ(folded[1].reason, "bad");
}

TEST(LettersTest, FiltersByTopicReasonKeyAndId) {
  const auto letters = Fold("g.one", {LetterRecord(0, 10, "a", "UNREADABLE_PAYLOAD: x")});
  Filter filter;
  EXPECT_TRUE(Matches(letters[0], filter));
  filter.reason = "UNREADABLE";
  filter.key = "a";
  filter.topic = "t";
  filter.ids = {"g.one/0/0"};
  EXPECT_TRUE(Matches(letters[0], filter));
  filter.ids = {"g.one/0/1"};
  EXPECT_FALSE(Matches(letters[0], filter));
  filter = {};
  filter.topic = "other";
  EXPECT_FALSE(Matches(letters[0], filter));
}

TEST(LettersTest, DecodesThePayloadByItsTypeAndShowsWhatIsNoneInHexadecimal) {
  souk::fulfillment::v1::CreateShipment command;
  command.set_shipment_id("parcel");
  const auto letters = Fold("g.one", {LetterRecord(0, 10, "a", "x", command.SerializeAsString()), LetterRecord(1, 11, "a", "x", "\xff\xfe")});
  EXPECT_EQ(Payload(letters[0]), R"({"shipmentId":"parcel"})");
  EXPECT_EQ(Payload(letters[1]), R"({"bytes":2,"undecodable":"fffe"})");
  const std::string shown = Describe(letters[0]);
  for (const char* part : {"\"shipmentId\": \"parcel\"", "\"attempts\": \"3\"", "\"trace\": \"trace\"", "\"offset\": 10", "\"partition\": 2"}) {
    EXPECT_NE(shown.find(part), std::string::npos) << part << "\n" << shown;
  }
}

}  // namespace
}  // namespace souk::dlq
