#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "services/inventory/app/ports.hpp"

/// What every Availability keeps. Traits: availability(), and Sku(name), which makes names of this test its own.
namespace souk::inventory {

template <class Traits>
class AvailabilityContract : public ::testing::Test {
 protected:
  std::string Sku(const std::string& name) { return traits_.Sku(name); }
  Availability& counts() { return traits_.availability(); }

  std::vector<Verdict> Take(std::vector<std::vector<Line>> claims) {
    std::promise<std::vector<Verdict>> promise;
    counts().Take(std::move(claims), [&](std::vector<Verdict> verdicts) { promise.set_value(std::move(verdicts)); });
    return promise.get_future().get();
  }
  CountView View(const std::string& sku) {
    std::promise<Result<std::vector<CountView>>> promise;
    counts().Read({sku}, [&](Result<std::vector<CountView>> views) { promise.set_value(std::move(views)); });
    auto views = promise.get_future().get();
    EXPECT_TRUE(views.ok());
    return views.ok() ? (*views)[0] : CountView{};
  }
  std::int64_t Seed(const std::string& sku, std::int64_t units) {
    std::promise<Result<std::int64_t>> promise;
    counts().Seed({Level{sku, units, 0, 0, 1}}, [&](Result<std::int64_t> seeded) { promise.set_value(std::move(seeded)); });
    const auto seeded = promise.get_future().get();
    return seeded.ok() ? *seeded : -1;
  }
  bool Correct(const CountView& seen, std::int64_t available) {
    std::promise<bool> promise;
    counts().Correct(seen, available, [&](bool corrected) { promise.set_value(corrected); });
    return promise.get_future().get();
  }
  Verdict::Kind TakeOne(const std::string& sku, std::int64_t quantity) { return Take({{{sku, quantity}}})[0].kind; }

  Traits traits_;
};

TYPED_TEST_SUITE_P(AvailabilityContract);

TYPED_TEST_P(AvailabilityContract, MissingCountsAreUnknownNotZeroF35) {
  const auto sku = this->Sku("a");
  EXPECT_EQ(this->TakeOne(sku, 1), Verdict::Kind::kUnknown);
  EXPECT_TRUE(this->View(sku).missing);
}

TYPED_TEST_P(AvailabilityContract, GrantsInOrderUntilTheUnitsAreGone) {
  const auto sku = this->Sku("a");
  EXPECT_EQ(this->Seed(sku, 5), 1);
  EXPECT_EQ(this->Seed(sku, 50), 0) << "what is there is not set again";
  const auto verdicts = this->Take({{{sku, 3}}, {{sku, 3}}, {{sku, 2}}, {{sku, 1}}});
  EXPECT_EQ(verdicts[0].kind, Verdict::Kind::kTaken);
  EXPECT_EQ(verdicts[1].kind, Verdict::Kind::kRefused);
  ASSERT_EQ(verdicts[1].short_lines.size(), 1U);
  EXPECT_EQ(verdicts[1].short_lines[0].requested, 3);
  EXPECT_EQ(verdicts[2].kind, Verdict::Kind::kTaken);
  EXPECT_EQ(verdicts[3].kind, Verdict::Kind::kRefused);
  EXPECT_EQ(this->View(sku).Total(), 0);
}

TYPED_TEST_P(AvailabilityContract, TakesAllLinesOfAClaimOrNone) {
  const auto a = this->Sku("a");
  const auto b = this->Sku("b");
  const auto c = this->Sku("c");
  this->Seed(a, 5);
  this->Seed(b, 1);
  const auto verdicts = this->Take({{{a, 1}, {b, 2}}, {{a, 1}, {c, 1}}, {{a, 1}, {b, 1}}});
  EXPECT_EQ(verdicts[0].kind, Verdict::Kind::kRefused);
  EXPECT_EQ(verdicts[1].kind, Verdict::Kind::kUnknown);
  EXPECT_EQ(verdicts[2].kind, Verdict::Kind::kTaken);
  EXPECT_TRUE(this->traits_.Settles([&] { return this->View(a).Total() == 4 && this->View(b).Total() == 0; }));
}

TYPED_TEST_P(AvailabilityContract, BooksDifferencesAndSetsWhatIsMissing) {
  const auto sku = this->Sku("a");
  this->counts().Add({{sku, 7, 7}});
  EXPECT_TRUE(this->traits_.Settles([&] { return this->View(sku).Total() == 7; }));
  this->counts().Add({{sku, -9, 3}});
  EXPECT_TRUE(this->traits_.Settles([&] { return this->View(sku).Total() == -2; })) << "a difference, not a value";
  EXPECT_EQ(this->TakeOne(sku, 1), Verdict::Kind::kRefused);
  this->counts().Add({{sku, 3, 6}});
  EXPECT_TRUE(this->traits_.Settles([&] { return this->View(sku).Total() == 1; }));
  EXPECT_EQ(this->TakeOne(sku, 1), Verdict::Kind::kTaken) << "new stock ends the memory of an empty SKU";
}

TYPED_TEST_P(AvailabilityContract, UnitsGivenBackSetNothingThatIsMissing) {
  const auto sku = this->Sku("a");
  const auto other = this->Sku("b");
  this->counts().Add({{sku, 2, 0}});
  this->counts().Add({{other, 2, 2}});
  EXPECT_TRUE(this->traits_.Settles([&] { return !this->View(other).missing; }));
  EXPECT_TRUE(this->View(sku).missing) << "two units came back; how many there are is for the ledger to say";
}

TYPED_TEST_P(AvailabilityContract, CorrectsOnlyWhatHasNotMoved) {
  const auto sku = this->Sku("a");
  this->Seed(sku, 5);
  const CountView seen = this->View(sku);
  EXPECT_EQ(this->TakeOne(sku, 1), Verdict::Kind::kTaken);
  EXPECT_FALSE(this->Correct(seen, 100));
  EXPECT_EQ(this->View(sku).Total(), 4);
  EXPECT_TRUE(this->Correct(this->View(sku), 100));
  EXPECT_EQ(this->View(sku).Total(), 100);
}

TYPED_TEST_P(AvailabilityContract, GrantsEachUnitOnceToManyCallers) {
  const auto sku = this->Sku("a");
  this->Seed(sku, 500);
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const auto verdicts = this->Take(std::vector<std::vector<Line>>(10, {{sku, 1}}));
        for (const Verdict& verdict : verdicts) taken += verdict.kind == Verdict::Kind::kTaken ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 500);
  EXPECT_TRUE(this->traits_.Settles([&] { return this->View(sku).Total() == 0; }));
}

REGISTER_TYPED_TEST_SUITE_P(AvailabilityContract, MissingCountsAreUnknownNotZeroF35, GrantsInOrderUntilTheUnitsAreGone,
                            TakesAllLinesOfAClaimOrNone, BooksDifferencesAndSetsWhatIsMissing,
                            UnitsGivenBackSetNothingThatIsMissing, CorrectsOnlyWhatHasNotMoved,
                            GrantsEachUnitOnceToManyCallers);

}  // namespace souk::inventory
