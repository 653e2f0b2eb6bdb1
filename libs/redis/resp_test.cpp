#include "libs/redis/resp.hpp"

#include <gtest/gtest.h>

#include "libs/base/random.hpp"

namespace souk::redis {
namespace {

using namespace std::string_literals;
using Kind = Reply::Kind;
using Status = RespParser::Status;

const std::string kStream = "+OK\r\n-ERR no such thing\r\n:-42\r\n$-1\r\n$0\r\n\r\n$6\r\na\r\nb\0c\r\n"s +
                            "*-1\r\n*0\r\n*3\r\n:1\r\n*2\r\n$3\r\nfoo\r\n*1\r\n:7\r\n$-1\r\n+END\r\n";

std::string Show(const Reply& reply) {
  switch (reply.kind) {
    case Kind::kNil: return "nil";
    case Kind::kInteger: return std::to_string(reply.integer);
    case Kind::kString: return "\"" + reply.text + "\"";
    case Kind::kStatus: return "+" + reply.text;
    case Kind::kError: return "-" + reply.text;
    case Kind::kArray: break;
  }
  std::string text = "[";
  for (const auto& item : reply.items) text += (text.size() > 1 ? "," : "") + Show(item);
  return text + "]";
}

std::vector<std::string> ReadAll(RespParser& parser) {
  std::vector<std::string> shown;
  Reply reply;
  while (parser.Next(reply) == Status::kReply) shown.push_back(Show(reply));
  return shown;
}

const std::vector<std::string> kShown = {"+OK", "-ERR no such thing", "-42", "nil", "\"\"",
                                         "\"a\r\nb\0c\""s, "nil", "[]", "[1,[\"foo\",[7]],nil]", "+END"};

TEST(RespCommandTest, WritesAnArrayOfBulkStrings) {
  std::string wire;
  AppendCommand(wire, std::vector<std::string>{"SET", "k", "\r\n\0"s});
  EXPECT_EQ(wire, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\n\r\n\0\r\n"s);
}

TEST(RespParserTest, ReadsEveryTypeInOnePiece) {
  RespParser parser;
  parser.Feed(kStream);
  EXPECT_EQ(ReadAll(parser), kShown);
}

TEST(RespParserTest, ReadsTheSameHoweverTheStreamIsCut) {
  for (std::size_t piece = 1; piece < 12; ++piece) {
    RespParser parser;
    std::vector<std::string> shown;
    for (std::size_t at = 0; at < kStream.size(); at += piece) {
      parser.Feed(std::string_view(kStream).substr(at, piece));
      for (auto& one : ReadAll(parser)) shown.push_back(std::move(one));
    }
    EXPECT_EQ(shown, kShown) << "pieces of " << piece;
  }
}

TEST(RespParserTest, ReadsAThousandRandomlyCutStreams) {
  SeededRandom random(1);
  RespParser parser;
  for (int round = 0; round < 1000; ++round) {
    std::vector<std::string> shown;
    for (std::size_t at = 0; at < kStream.size();) {
      const std::size_t piece = 1 + random.Below(20);
      parser.Feed(std::string_view(kStream).substr(at, piece));
      at += piece;
      if (random.Below(2) == 0) continue;
      for (auto& one : ReadAll(parser)) shown.push_back(std::move(one));
    }
    for (auto& one : ReadAll(parser)) shown.push_back(std::move(one));
    ASSERT_EQ(shown, kShown);
  }
}

TEST(RespParserTest, ReadsALargeStringInManyReads) {
  RespParser parser;
  const std::string body(3'000'000, 'x');
  parser.Feed("$3000000\r\n");
  Reply reply;
  for (std::size_t at = 0; at < body.size(); at += 60'000) {
    parser.Feed(std::string_view(body).substr(at, 60'000));
    ASSERT_EQ(parser.Next(reply), Status::kNeedMore);
  }
  parser.Feed("\r\n+OK\r\n");
  ASSERT_EQ(parser.Next(reply), Status::kReply);
  EXPECT_EQ(reply.text, body);
  ASSERT_EQ(parser.Next(reply), Status::kReply);
  EXPECT_EQ(reply.text, "OK");
}

TEST(RespParserTest, RefusesWhatIsNotTheProtocol) {
  const std::vector<std::string> streams = {"HTTP/1.1 400 Bad Request\r\n", ":12a\r\n",  ":\r\n",       "$-2\r\n", "$abc\r\n",
                                            "*-2\r\n",  "$3\r\nabcde\r\n", "+OK\n",      "\r\n",      "*1\r\n?\r\n",
                                            ":99999999999999999999\r\n", "$3\r\nabc\n\n"};
  for (const auto& stream : streams) {
    RespParser parser;
    parser.Feed(stream);
    Reply reply;
    EXPECT_EQ(parser.Next(reply), Status::kBroken) << stream;
    EXPECT_FALSE(parser.broken().empty());
    parser.Feed("+OK\r\n");
    EXPECT_EQ(parser.Next(reply), Status::kBroken) << "a broken stream stays broken";
  }
}

TEST(RespParserTest, StopsAtItsLimits) {
  const RespLimits limits{.bulk_max = 10, .line_max = 20, .items_max = 5, .depth_max = 2};
  const std::vector<std::string> streams = {"$11\r\n",
                                            "+" + std::string(40, 'a'),
                                            "+" + std::string(40, 'a') + "\r\n",
                                            "*6\r\n",
                                            "*4\r\n*2\r\n",
                                            "*1\r\n*1\r\n*1\r\n"};
  for (const auto& stream : streams) {
    RespParser parser(limits);
    parser.Feed(stream);
    Reply reply;
    EXPECT_EQ(parser.Next(reply), Status::kBroken) << stream;
  }
}

TEST(RespParserTest, CountsElementsPerReplyNotPerStream) {
  RespParser parser(RespLimits{.items_max = 3});
  for (int i = 0; i < 10; ++i) parser.Feed("*3\r\n:1\r\n:2\r\n:3\r\n");
  EXPECT_EQ(ReadAll(parser).size(), 10U);
  EXPECT_EQ(parser.broken(), "");
}

TEST(RespParserTest, ReadsAgainAfterReset) {
  RespParser parser;
  parser.Feed("*2\r\n$5\r\nhal");
  Reply reply;
  EXPECT_EQ(parser.Next(reply), Status::kNeedMore);
  parser.Reset();
  parser.Feed("+OK\r\n");
  ASSERT_EQ(parser.Next(reply), Status::kReply);
  EXPECT_EQ(Show(reply), "+OK");
}

}  // namespace
}  // namespace souk::redis
