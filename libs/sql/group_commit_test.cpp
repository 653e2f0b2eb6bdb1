#include "libs/sql/group_commit.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace souk::sql {
namespace {

struct Item {
  int value = 0;
  std::promise<Result<void>>* answer = nullptr;
};

void Answer(Item& item, const Result<void>& result) { item.answer->set_value(result); }

TEST(GroupCommitTest, AppliesWhatWaitsAsOneBatch) {
  std::promise<void> gate;
  auto open = gate.get_future().share();
  std::vector<std::size_t> sizes;
  GroupCommit<Item> group({.name = "test", .batch_max = 8},
                          [&](std::span<Item> items) -> Result<void> {
                            if (sizes.empty()) open.wait();
                            sizes.push_back(items.size());
                            return {};
                          },
                          Answer);
  std::vector<std::promise<Result<void>>> answers(11);
  for (int i = 0; i < 11; ++i) ASSERT_TRUE(group.Submit({i, &answers[static_cast<std::size_t>(i)]}).ok());
  gate.set_value();
  for (auto& answer : answers) EXPECT_TRUE(answer.get_future().get().ok());
  group.Stop();
  std::size_t sum = 0;
  for (const std::size_t size : sizes) {
    EXPECT_LE(size, 8U);
    sum += size;
  }
  EXPECT_EQ(sum, 11U);
  EXPECT_LE(sizes.size(), 11U);
}

TEST(GroupCommitTest, APoisonousItemFailsAlone) {
  GroupCommit<Item> group({.name = "test"},
                          [](std::span<Item> items) -> Result<void> {
                            for (const Item& item : items) {
                              if (item.value == 3) return MakeError(ErrorCode::kInternal, "poison");
                            }
                            return {};
                          },
                          Answer);
  std::vector<std::promise<Result<void>>> answers(7);
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(group.Submit({i, &answers[static_cast<std::size_t>(i)]}).ok());
  for (int i = 0; i < 7; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)].get_future().get().ok(), i != 3) << i;
}

TEST(GroupCommitTest, AnEngineThatIsAwayFailsTheBatchWithoutSplitting) {
  std::atomic<int> calls{0};
  GroupCommit<Item> group({.name = "test"},
                          [&](std::span<Item>) -> Result<void> {
                            ++calls;
                            return MakeError(ErrorCode::kUnavailable, "away");
                          },
                          Answer);
  std::promise<Result<void>> answer;
  ASSERT_TRUE(group.Submit({1, &answer}).ok());
  EXPECT_EQ(answer.get_future().get().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(calls, 1);
}

TEST(GroupCommitTest, AFullQueueRefusesAndAStoppedOneToo) {
  std::promise<void> gate;
  auto open = gate.get_future().share();
  std::atomic<bool> entered{false};
  GroupCommit<Item> group({.name = "test", .batch_max = 1, .queue_max = 2},
                          [&](std::span<Item>) -> Result<void> {
                            entered = true;
                            entered.notify_all();
                            open.wait();
                            return {};
                          },
                          Answer);
  std::vector<std::promise<Result<void>>> answers(4);
  ASSERT_TRUE(group.Submit({0, &answers[0]}).ok());
  entered.wait(false);
  ASSERT_TRUE(group.Submit({1, &answers[1]}).ok());
  ASSERT_TRUE(group.Submit({2, &answers[2]}).ok());
  EXPECT_EQ(group.Submit({3, &answers[3]}).error().reason, "QUEUE_FULL");
  gate.set_value();
  group.Stop();
  EXPECT_TRUE(answers[2].get_future().get().ok());
  EXPECT_EQ(group.Submit({3, &answers[3]}).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace souk::sql
