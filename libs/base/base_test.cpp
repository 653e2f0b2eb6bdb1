#include <gtest/gtest.h>

#include "libs/base/hash.hpp"
#include "libs/base/luhn.hpp"
#include "libs/base/money.hpp"
#include "libs/base/random.hpp"
#include "libs/base/request_id.hpp"
#include "libs/base/time.hpp"
#include "libs/base/trace_context.hpp"
#include "libs/base/uuid.hpp"

namespace souk {
namespace {

TEST(UuidTest, ParsesWhatItPrintsAndNothingElse) {
  SeededRandom random(1);
  const SystemClock clock;
  const Uuid id = NewUuidV7(clock, random);
  EXPECT_EQ(Uuid::Parse(id.ToString()), id);
  for (const char* bad : {"", "0", "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdeg",
                          "{1234567-89ab-cdef-0123-456789abcdef"}) {
    EXPECT_FALSE(Uuid::Parse(bad)) << bad;
  }
}

TEST(UuidTest, SameNameGivesSameIdAndScopesDiffer) {
  EXPECT_EQ(Uuid::FromName("order", "a"), Uuid::FromName("order", "a"));
  EXPECT_NE(Uuid::FromName("order", "a"), Uuid::FromName("payment", "a"));
  EXPECT_NE(Uuid::FromName("ab", "c"), Uuid::FromName("a", "bc"));
}

TEST(UuidTest, VersionSevenOrdersByTime) {
  SeededRandom random(7);
  EXPECT_LT(Uuid::V7(1000, random.Next(), random.Next()), Uuid::V7(1001, random.Next(), random.Next()));
}

TEST(MoneyTest, RefusesOverflowAndMixedCurrencies) {
  EXPECT_EQ(Add({1, "GBP"}, {2, "GBP"})->minor_units, 3);
  EXPECT_EQ(Add({1, "GBP"}, {2, "EUR"}).error().reason, "MIXED_CURRENCIES");
  EXPECT_EQ(Add({INT64_MAX, "GBP"}, {1, "GBP"}).error().reason, "AMOUNT_OVERFLOW");
  EXPECT_EQ(Multiply({INT64_MAX / 2, "GBP"}, 3).error().reason, "AMOUNT_OVERFLOW");
  EXPECT_EQ(Multiply({250, "GBP"}, 4)->minor_units, 1000);
}

TEST(MoneyTest, PrintsByTheDigitsOfTheCurrency) {
  EXPECT_EQ(ToString(Money{1230, "GBP"}), "12.30 GBP");
  EXPECT_EQ(ToString(Money{-5, "GBP"}), "-0.05 GBP");
  EXPECT_EQ(ToString(Money{1230, "JPY"}), "1230 JPY");
  EXPECT_EQ(ToString(Money{1230, "KWD"}), "1.230 KWD");
  EXPECT_FALSE(IsKnownCurrency("gbp"));
  EXPECT_FALSE(IsKnownCurrency("XXX"));
}

TEST(TimeTest, RoundTripsAndReadsSqlForm) {
  const SystemTime time = FromUnixMicros(1'790'000'000'123'456);
  EXPECT_EQ(ParseTime(FormatTime(time)), time);
  EXPECT_EQ(ParseTime("2026-11-21 03:14:00.5+00"), ParseTime("2026-11-21T03:14:00.500000Z"));
  EXPECT_FALSE(ParseTime("2026-13-21T03:14:00Z"));
  EXPECT_FALSE(ParseTime("yesterday"));
}

TEST(TraceContextTest, RoundTripsAndRefusesMalformed) {
  SeededRandom random(3);
  const TraceContext context = TraceContext::New(random);
  EXPECT_EQ(TraceContext::Parse(context.ToString())->ToString(), context.ToString());
  EXPECT_EQ(context.Child(random).TraceIdHex(), context.TraceIdHex());
  EXPECT_FALSE(TraceContext::Parse("00-00000000000000000000000000000000-0000000000000000-01"));
  EXPECT_FALSE(TraceContext::Parse("01-xyz"));
}

TEST(HashTest, MatchesKnownVectors) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HmacSha256Hex("key", "The quick brown fox jumps over the lazy dog"),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  EXPECT_TRUE(ConstantTimeEqual("a", "a"));
  EXPECT_FALSE(ConstantTimeEqual("a", "ab"));
}

TEST(LuhnTest, FindsCardNumbersButNoIdentifiers) {
  EXPECT_TRUE(ContainsCardNumber("4242424242424242"));
  EXPECT_TRUE(ContainsCardNumber("card 4242 4242 4242 4242, please"));
  EXPECT_TRUE(ContainsCardNumber("\"4000-0000-0000-0002\""));
  EXPECT_FALSE(ContainsCardNumber("4242424242424241"));
  EXPECT_FALSE(ContainsCardNumber("0000000000000000"));
  EXPECT_FALSE(ContainsCardNumber("pm_4242424242424242"));
  EXPECT_FALSE(ContainsCardNumber("01900000-0000-7000-8000-424242424242"));
  EXPECT_FALSE(ContainsCardNumber("123456789012"));
  EXPECT_TRUE(ContainsCardNumber("1795234567893")) << "by the letter of Luhn";
  EXPECT_FALSE(ContainsIssuedCardNumber("1795234567893")) << "a time in milliseconds";
  for (const char* card : {"4242424242424242", "5555555555554444", "378282246310005", "6011111111111117", "3056930009020004"}) {
    EXPECT_TRUE(ContainsIssuedCardNumber(card)) << card;
  }
  EXPECT_TRUE(ContainsIssuedCardNumber("4242 4242 4242 4242"));
  EXPECT_FALSE(ContainsIssuedCardNumber("42424 242424 24242")) << "not the groups of a card";
  EXPECT_EQ(MaskCardNumbers("pay 4242424242424242 now"), "pay [card number] now");
}

TEST(RequestIdTest, IsNeverTakenForACardNumber) {
  SystemRandom random;
  const std::string id = NewRequestId(random);
  EXPECT_EQ(id.size(), 17u);
  EXPECT_EQ(id.front(), 'r');
  EXPECT_TRUE(IsRequestId(id));
  EXPECT_FALSE(ContainsIssuedCardNumber("r5280505656734199"));
  EXPECT_TRUE(ContainsIssuedCardNumber("5280505656734199"));  // an id of digits alone that a run of the audit met
}

TEST(RequestIdTest, TakesFromACallerWhatMayBeLogged) {
  EXPECT_TRUE(IsRequestId("checkout-42_a.b"));
  for (const std::string& bad : {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a\nb"), std::string("4242424242424242")}) {
    EXPECT_FALSE(IsRequestId(bad)) << bad;
  }
}

}  // namespace
}  // namespace souk
