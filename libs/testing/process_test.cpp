#include "libs/testing/process.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "libs/testing/eventually.hpp"

namespace souk::testing {
namespace {

TEST(ChildProcessTest, TellsTheExitCode) {
  ChildProcess child;
  ASSERT_TRUE(child.Start({"sh", "-c", "exit 7"}).ok());
  EXPECT_EQ(child.Wait(), 7);
  EXPECT_FALSE(child.Alive());
}

TEST(ChildProcessTest, TellsTheSignal) {
  ChildProcess child;
  ASSERT_TRUE(child.Start({"sleep", "60"}).ok());
  EXPECT_TRUE(child.Alive());
  child.Kill(SIGTERM);
  EXPECT_EQ(child.Wait(), 128 + SIGTERM);
}

TEST(ChildProcessTest, SaysWhyAProgramCannotBeStarted) {
  ChildProcess child;
  const auto started = child.Start({"no-such-program-anywhere"});
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message.find("No such file"), std::string::npos);
  EXPECT_FALSE(child.Alive());
}

TEST(ChildProcessTest, GivesEnvironmentAndTakesOutputIntoTheLog) {
  const auto log = std::filesystem::temp_directory_path() / ("souk-process-test-" + std::to_string(getpid()));
  ChildProcess child;
  ASSERT_TRUE(child.Start({"sh", "-c", "echo $SOUK_WORD; echo $HOME >&2"}, {"SOUK_WORD=hello", "HOME=/nowhere"}, log).ok());
  EXPECT_EQ(child.Wait(), 0);
  std::stringstream text;
  text << std::ifstream(log).rdbuf();
  EXPECT_EQ(text.str(), "hello\n/nowhere\n");
  std::filesystem::remove(log);
}

TEST(ChildProcessTest, EndsTheProcessWithTheObject) {
  pid_t pid = 0;
  {
    ChildProcess child;
    ASSERT_TRUE(child.Start({"sleep", "60"}).ok());
    pid = child.pid();
  }
  EXPECT_NE(kill(pid, 0), 0);
}

TEST(ChildProcessTest, RefusesToStartTwice) {
  ChildProcess child;
  ASSERT_TRUE(child.Start({"sleep", "60"}).ok());
  EXPECT_EQ(child.Start({"sleep", "60"}).error().code, ErrorCode::kFailedPrecondition);
}

TEST(EventuallyTest, AsksUntilTheConditionHoldsOrPatienceEnds) {
  int asked = 0;
  EXPECT_TRUE(Eventually([&] { return ++asked == 3; }));
  EXPECT_FALSE(Eventually([] { return false; }, std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace souk::testing
