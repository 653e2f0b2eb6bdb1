#include "services/products/adapters/import_reader.hpp"

#include <gtest/gtest.h>

namespace souk::products {
namespace {

std::vector<ReadLine> All(Result<std::unique_ptr<ImportReader>> reader) {
  std::vector<ReadLine> lines;
  EXPECT_TRUE(reader.ok());
  if (!reader.ok()) return lines;
  while (auto line = (*reader)->Next()) lines.push_back(std::move(*line));
  return lines;
}

TEST(ImportReaderTest, ReadsJsonLinesAndNamesWhatIsWrongWithEach) {
  const auto lines = All(ReadJsonLines("{\"sku\":\"A\",\"name\":\"a\",\"price\":{\"minorUnits\":\"5\",\"currency\":\"GBP\"}}\r\n"
                                       "\n"
                                       "{\"sku\":\n"
                                       "{\"bogus\":1}\n"
                                       "{\"name\":\"4242 4242 4242 4242\"}",
                                       0));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].content->price, (Money{5, "GBP"}));
  EXPECT_EQ(lines[1].number, 3);
  EXPECT_FALSE(lines[1].content.ok());
  EXPECT_EQ(lines[2].content.error().fields.at(0).field, "bogus");
  EXPECT_EQ(lines[3].content.error().reason, "pan_not_allowed");
  EXPECT_EQ(lines[3].number, 5);
}

TEST(ImportReaderTest, ReadsCsvWithQuotesAndTypedAttributes) {
  const auto lines = All(ReadCsv("\xEF\xBB\xBFsku,name,price,currency,attribute.colour:enum,attribute.weight:number,attribute.note\r\n"
                                 "A,\"Lamp, \"\"red\"\"\",2.5,GBP,red,1.25,\r\n"
                                 "\r\n"
                                 "B,\"two\nlines\",3,JPY,,,hand made\n"
                                 "C,x,0.001,GBP,,,\n"
                                 "D,x\n"
                                 "E,\"x\"y,1,GBP,,,\n"
                                 "F,x,1,GBP,,heavy,\n"
                                 "G,x,1,gbp,,,\n"
                                 "I,\xff\xfe,1,GBP,,,\n"
                                 "H,\"never closed,1,GBP,,,\n",
                                 0));
  ASSERT_EQ(lines.size(), 9u);
  EXPECT_EQ(lines[0].number, 2);
  EXPECT_EQ(lines[0].content->name, "Lamp, \"red\"");
  EXPECT_EQ(lines[0].content->price.minor_units, 250);
  EXPECT_EQ(lines[0].content->attributes, (std::map<std::string, AttributeValue>{{"colour", EnumValue{"red"}}, {"weight", 1.25}}));
  EXPECT_EQ(lines[1].number, 4);
  EXPECT_EQ(lines[1].content->name, "two\nlines");
  EXPECT_EQ(lines[1].content->price, (Money{3, "JPY"}));
  EXPECT_EQ(lines[2].number, 6);
  const std::vector<std::string> fields = {"price", "line", "line", "attributes.weight.number", "price.currency", "name", "line"};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    ASSERT_FALSE(lines[i + 2].content.ok()) << i;
    EXPECT_EQ(lines[i + 2].content.error().fields.at(0).field, fields[i]) << i;
  }
}

TEST(ImportReaderTest, CountsLinesFromWhereAPartBegins) {
  EXPECT_EQ(All(ReadJsonLines("{}\n{}", 100)).back().number, 101);
  EXPECT_EQ(All(ReadCsv("sku,name,price,currency\nA,a,1,GBP\n", 100)).back().number, 100);
}

TEST(ImportReaderTest, RefusesAHeaderThatItDoesNotUnderstand) {
  for (const char* text : {"", "sku,name,price\n", "sku,name,price,currency,colour\n", "sku,sku,name,price,currency\n", "\"sku\n", "sku,name,price,currency,attribute.\n"}) {
    EXPECT_FALSE(ReadCsv(text, 0).ok()) << text;
  }
}

TEST(ImportReaderTest, B31ReadsAmountsInWholeMinorUnitsOnly) {
  EXPECT_EQ(*ParseAmount("2.55", "GBP"), 255);
  EXPECT_EQ(*ParseAmount("2.5", "GBP"), 250);
  EXPECT_EQ(*ParseAmount("2", "GBP"), 200);
  EXPECT_EQ(*ParseAmount("2.500", "GBP"), 250);
  EXPECT_EQ(*ParseAmount("2.555", "KWD"), 2555);
  EXPECT_EQ(*ParseAmount("2", "JPY"), 2);
  for (const char* bad : {"", ".", "-1", "0.001", "12.3a", "1e3", "1,000", "2.", ".5", "1234567890123", " 2"}) EXPECT_FALSE(ParseAmount(bad, "GBP").ok()) << bad;
  EXPECT_FALSE(ParseAmount("2.5", "JPY").ok());
}

/// Whatever the bytes are: it ends, and what it reads can be told.
TEST(ImportReaderTest, EndsOnAnyInput) {
  std::string text = "sku,name,price,currency\nA,\"a\",1,GBP\n{\"sku\":\"A\"}\n\r\n,\"\"\"\n";
  std::uint64_t seed = 42;
  for (int round = 0; round < 2000; ++round) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    std::string mutated = text;
    mutated[(seed >> 33) % mutated.size()] = static_cast<char>(seed >> 25);
    mutated.resize((seed >> 13) % (mutated.size() + 1));
    if (auto reader = ReadCsv(mutated, 0); reader.ok()) {
      while ((*reader)->Next()) EXPECT_LE((*reader)->last_line(), 20);
    }
    const auto lines = All(ReadJsonLines(mutated, 0));
    EXPECT_LE(lines.size(), 20u);
  }
}

}  // namespace
}  // namespace souk::products
