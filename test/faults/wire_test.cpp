#include "test/faults/wire.hpp"

#include <gtest/gtest.h>

namespace souk::faults {
namespace {

std::string Int32(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

std::string Startup() {
  const std::string body = Int32(196608) + std::string("user\0me\0\0", 9);
  return Int32(static_cast<std::uint32_t>(body.size() + 4)) + body;
}
std::string TlsQuestion() { return Int32(8) + Int32(80877103); }
std::string Message(char type, const std::string& body) { return type + Int32(static_cast<std::uint32_t>(body.size() + 4)) + body; }
std::string Query(const std::string& sql) { return Message('Q', sql + '\0'); }
std::string Parse(const std::string& sql) { return Message('P', std::string("s1") + '\0' + sql + '\0' + std::string(2, '\0')); }

std::string KafkaFrame(int api_key, const std::string& body) {
  return Int32(static_cast<std::uint32_t>(body.size() + 2)) + static_cast<char>(api_key >> 8) + static_cast<char>(api_key & 0xff) + body;
}

TEST(PostgresWatcherTest, SeesCommitInAQueryAndInAParse) {
  PostgresWatcher watcher;
  EXPECT_FALSE(watcher.Feed(TlsQuestion()));
  EXPECT_FALSE(watcher.Feed(Startup()));
  EXPECT_FALSE(watcher.Feed(Query("BEGIN")));
  EXPECT_FALSE(watcher.Feed(Query("SELECT 'commit'")));
  EXPECT_TRUE(watcher.Feed(Query("COMMIT")));
  EXPECT_TRUE(watcher.Feed(Query(" commit;")));
  EXPECT_TRUE(watcher.Feed(Parse("COMMIT")));
}

TEST(PostgresWatcherTest, SeesItInAnyPieces) {
  const std::string all = TlsQuestion() + Startup() + Query("BEGIN") + Query("COMMIT");
  PostgresWatcher watcher;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) ASSERT_FALSE(watcher.Feed(all.substr(i, 1))) << i;
  EXPECT_TRUE(watcher.Feed(all.substr(all.size() - 1)));
}

TEST(KafkaWatcherTest, SeesAProduceRequestWhenItsLastByteHasPassed) {
  KafkaWatcher watcher;
  EXPECT_FALSE(watcher.Feed(KafkaFrame(3, "metadata")));
  EXPECT_TRUE(watcher.Feed(KafkaFrame(0, "records")));
  EXPECT_FALSE(watcher.Feed(KafkaFrame(256, "not api 0")));
  const std::string split = KafkaFrame(1, "fetch") + KafkaFrame(0, "records");
  for (std::size_t i = 0; i + 1 < split.size(); ++i) ASSERT_FALSE(watcher.Feed(split.substr(i, 1))) << i;
  EXPECT_TRUE(watcher.Feed(split.substr(split.size() - 1)));
}

TEST(KafkaRewriterTest, PutsItsOwnPortWhereTheBrokersStands) {
  const std::string before = Int32(20) + std::string("ab\x09") + "127.0.0.1" + Int32(9092) + "tail";
  const std::string after = Int32(20) + std::string("ab\x09") + "127.0.0.1" + Int32(40001) + "tail";
  KafkaRewriter rewriter(Ports{{9092, 40001}});
  EXPECT_EQ(rewriter.Feed(before), after);
  EXPECT_EQ(rewriter.Feed(before.substr(0, 17)), "");
  EXPECT_EQ(rewriter.Feed(before.substr(17)), after);
}

TEST(RedisRewriterTest, PutsProxiesWhereNodesStandAndLeavesDataAlone) {
  RedisRewriter rewriter(Ports{{7000, 40000}, {7001, 40001}});
  EXPECT_EQ(rewriter.Feed("$9\r\n127.0.0.1\r\n:7000\r\n$9\r\n127.0.0.1\r\n:7001\r\n"),
            "$9\r\n127.0.0.1\r\n:40000\r\n$9\r\n127.0.0.1\r\n:40001\r\n");
  EXPECT_EQ(rewriter.Feed("-MOVED 12 127.0.0.1:7001\r\n"), "-MOVED 12 127.0.0.1:40001\r\n");
  EXPECT_EQ(rewriter.Feed(":7000\r\n"), ":7000\r\n");
}

TEST(RedisWatcherTest, SeesAScript) {
  RedisWatcher watcher;
  EXPECT_FALSE(watcher.Feed("*2\r\n$3\r\nGET\r\n$1\r\na\r\n"));
  EXPECT_TRUE(watcher.Feed("*3\r\n$7\r\nEVALSHA\r\n"));
}

}  // namespace
}  // namespace souk::faults
