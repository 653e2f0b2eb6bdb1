#include "test/faults/history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::faults {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Call Place(std::string key, std::string order, std::int64_t end = 10, Knowledge knowledge = Knowledge::kOk) {
  Call call;
  call.kind = Call::Kind::kPlace;
  call.begin_us = end - 1;
  call.end_us = end;
  call.knowledge = knowledge;
  call.key = std::move(key);
  call.order_id = std::move(order);
  return call;
}

Call Read(std::string order, std::int64_t begin, std::int64_t end, std::int64_t version, std::string state = "ORDER_STATUS_PENDING") {
  Call call;
  call.kind = Call::Kind::kRead;
  call.begin_us = begin;
  call.end_us = end;
  call.knowledge = Knowledge::kOk;
  call.status = 200;
  call.order_id = std::move(order);
  call.version = version;
  call.state = std::move(state);
  return call;
}

Call FinalRead(std::string order, std::string state) {
  Call call = Read(std::move(order), 1000, 1001, 9, std::move(state));
  call.kind = Call::Kind::kFinalRead;
  return call;
}

TEST(HistoryTest, OneKeyIsOneOrder) {
  EXPECT_THAT(CheckOneOrderPerKey({Place("k", "a"), Place("k", "a"), Place("l", "b")}), IsEmpty());
  EXPECT_THAT(CheckOneOrderPerKey({Place("k", "a"), Place("k", "b")}), ElementsAre(HasSubstr("key k")));
  EXPECT_THAT(CheckOneOrderPerKey({Place("k", "a"), Place("l", "a")}), ElementsAre(HasSubstr("order a answers both")));
  EXPECT_THAT(CheckOneOrderPerKey({Place("k", "", 1, Knowledge::kUnknown), Place("k", "b")}), IsEmpty());
}

TEST(HistoryTest, WhatWasAcknowledgedIsFoundAndHasEnded) {
  EXPECT_THAT(CheckAcknowledgedEnded({Place("k", "a"), FinalRead("a", "ORDER_STATUS_RETURNED")}), IsEmpty());
  EXPECT_THAT(CheckAcknowledgedEnded({Place("k", "a"), FinalRead("a", "ORDER_STATUS_PENDING")}), ElementsAre(HasSubstr("has not ended")));
  EXPECT_THAT(CheckAcknowledgedEnded({Place("k", "a")}), ElementsAre(HasSubstr("not asked for")));
  EXPECT_THAT(CheckAcknowledgedEnded({Place("k", "", 1, Knowledge::kUnknown)}), IsEmpty());
  Call lost = FinalRead("a", "");
  lost.knowledge = Knowledge::kFailed;
  lost.status = 404;
  EXPECT_THAT(CheckAcknowledgedEnded({Place("k", "a"), lost}), ElementsAre(HasSubstr("not found")));
}

TEST(HistoryTest, ReadsNeverGoBackInVersion) {
  EXPECT_THAT(CheckReadsNeverGoBack({Read("a", 1, 2, 1), Read("a", 3, 4, 2), Read("a", 5, 6, 2)}), IsEmpty());
  EXPECT_THAT(CheckReadsNeverGoBack({Read("a", 1, 2, 3), Read("b", 3, 4, 1)}), IsEmpty());
  EXPECT_THAT(CheckReadsNeverGoBack({Read("a", 1, 2, 3), Read("a", 3, 4, 2)}), ElementsAre(HasSubstr("version 2 after version 3")));
  // They overlap: nobody can say which was first.
  EXPECT_THAT(CheckReadsNeverGoBack({Read("a", 1, 9, 3), Read("a", 2, 4, 2)}), IsEmpty());
}

TEST(HistoryTest, AReadSeesWhatWasAcknowledgedBeforeIt) {
  Call missing = Read("a", 20, 21, 0, "");
  missing.status = 404;
  missing.knowledge = Knowledge::kFailed;
  EXPECT_THAT(CheckReadsSeeAcknowledged({Place("k", "a", 10), missing}), ElementsAre(HasSubstr("not found")));
  EXPECT_THAT(CheckReadsSeeAcknowledged({Place("k", "a", 30), missing}), IsEmpty());
}

TEST(HistoryTest, IsWrittenAsOneLinePerCall) {
  EXPECT_EQ(ToJson(Place("k", "a", 10)), R"({"begin_us":9,"end_us":10,"key":"k","op":"place","order":"a","outcome":"ok","status":0})");
}

}  // namespace
}  // namespace souk::faults
