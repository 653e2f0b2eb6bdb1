#include <gtest/gtest.h>

#include "libs/sql/connection.hpp"

namespace souk::sql {
namespace {

TEST(ArrayTest, QuotesTextAndWritesNumbersTimesBytesAndNulls) {
  Array array;
  array.Add(std::string_view("a\"b\\c,{}"));
  array.AddNull();
  EXPECT_EQ(array.Text(), R"({"a\"b\\c,{}",NULL})");
  Array numbers;
  numbers.Add(std::int64_t{-5});
  numbers.Add(7);
  EXPECT_EQ(numbers.Text(), "{-5,7}");
  Array bytes;
  bytes.AddBytes(std::string_view("\0\xff", 2));
  EXPECT_EQ(bytes.Text(), R"({"\\x00ff"})");
  Array flags;
  flags.Add(true);
  flags.Add(std::optional<Uuid>());
  EXPECT_EQ(flags.Text(), "{t,NULL}");
  EXPECT_EQ(Array().Text(), "{}");
}

}  // namespace
}  // namespace souk::sql
