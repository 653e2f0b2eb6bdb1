#include "libs/redis/server_error.hpp"

#include <gtest/gtest.h>

namespace souk::redis {
namespace {

using Kind = ServerError::Kind;

TEST(ServerErrorTest, ReadsRedirects) {
  const auto moved = ClassifyError("MOVED 3999 127.0.0.1:6381");
  EXPECT_EQ(moved.kind, Kind::kMoved);
  EXPECT_EQ(moved.slot, 3999);
  EXPECT_EQ(moved.target, (Endpoint{"127.0.0.1", 6381}));
  const auto ask = ClassifyError("ASK 16383 ::1:7000");
  EXPECT_EQ(ask.kind, Kind::kAsk);
  EXPECT_EQ(ask.target, (Endpoint{"::1", 7000}));
}

TEST(ServerErrorTest, LeavesTheHostEmptyWhenTheNodeDoesNotKnowItsName) {
  EXPECT_EQ(ClassifyError("MOVED 1 :6381").target, (Endpoint{"", 6381}));
  EXPECT_EQ(ClassifyError("MOVED 1 ?:6381").target, (Endpoint{"", 6381}));
}

TEST(ServerErrorTest, DoesNotFollowAMalformedRedirect) {
  for (const auto* text : {"MOVED", "MOVED 16384 a:1", "MOVED x a:1", "MOVED 1 a", "MOVED 1 a:0", "MOVED 1 a:99999", "ASK 1"}) {
    EXPECT_EQ(ClassifyError(text).kind, Kind::kOther) << text;
  }
}

TEST(ServerErrorTest, KnowsWhichErrorsMeanNotApplied) {
  EXPECT_EQ(ClassifyError("TRYAGAIN Multiple keys request during rehashing of slot").kind, Kind::kTryAgain);
  EXPECT_EQ(ClassifyError("CLUSTERDOWN Hash slot not served").kind, Kind::kClusterDown);
  EXPECT_EQ(ClassifyError("READONLY You can't write against a read only replica.").kind, Kind::kClusterDown);
  EXPECT_EQ(ClassifyError("LOADING Redis is loading the dataset in memory").kind, Kind::kLoading);
  EXPECT_EQ(ClassifyError("BUSY Redis is busy running a script.").kind, Kind::kLoading);
  EXPECT_EQ(ClassifyError("NOSCRIPT No matching script.").kind, Kind::kNoScript);
  EXPECT_EQ(ClassifyError("WRONGTYPE Operation against a key").kind, Kind::kOther);
  EXPECT_EQ(ClassifyError("BUSYGROUP exists").kind, Kind::kOther);
  EXPECT_EQ(ClassifyError("").kind, Kind::kOther);
}

TEST(ServerErrorTest, GivesTheFirstWordAsReason) {
  const auto error = ErrorOfReply("WRONGTYPE Operation against a key");
  EXPECT_EQ(error.code, ErrorCode::kInternal);
  EXPECT_EQ(error.reason, "WRONGTYPE");
  EXPECT_EQ(error.message, "WRONGTYPE Operation against a key");
  EXPECT_EQ(ErrorOfReply("CROSSSLOT Keys in request don't hash to the same slot").code, ErrorCode::kInvalidArgument);
}

TEST(EndpointTest, ReadsAListAndNamesWhatItCannotRead) {
  const auto endpoints = ParseEndpoints("127.0.0.1:21000, redis-1:6379,[::1]:7000");
  ASSERT_TRUE(endpoints.ok());
  ASSERT_EQ(endpoints->size(), 3U);
  EXPECT_EQ(ToString((*endpoints)[0]), "127.0.0.1:21000");
  EXPECT_EQ(ToString((*endpoints)[1]), "redis-1:6379");
  EXPECT_EQ(ToString((*endpoints)[2]), "[::1]:7000");
  const auto bad = ParseEndpoints("127.0.0.1:21000,redis");
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().fields.at(0).description.find("redis"), std::string::npos);
}

TEST(ScriptTest, IsNamedByItsSha1) {
  EXPECT_EQ(MakeScript("return 1").sha1, "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

}  // namespace
}  // namespace souk::redis
