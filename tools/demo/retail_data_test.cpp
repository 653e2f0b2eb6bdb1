#include "tools/demo/retail_data.hpp"

#include <gtest/gtest.h>

#include "tools/demo/csv.hpp"

namespace souk::demo {
namespace {

constexpr const char* kHeader = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

RetailData Read(const std::string& rows) {
  auto data = ReadRetailCsv({kHeader + rows});
  EXPECT_TRUE(data.ok());
  return std::move(*data);
}

std::string Reason(const std::string& row) {
  const RetailData data = Read(row);
  EXPECT_EQ(data.report.lines_read, 1);
  return data.report.lines_left_out.empty() ? "" : data.report.lines_left_out.begin()->first;
}

TEST(CsvTest, ReadsQuotesCommasLineEndsAndMarks) {
  CsvReader reader("\xEF\xBB\xBF" "a,\"b,\"\"c\"\"\nd\",e\r\nf,,\n");
  EXPECT_EQ(*reader.Next(), (std::vector<std::string>{"a", "b,\"c\"\nd", "e"}));
  EXPECT_EQ(*reader.Next(), (std::vector<std::string>{"f", "", ""}));
  EXPECT_EQ(reader.line(), 3);
  EXPECT_FALSE(reader.Next());
}

TEST(CsvTest, TakesWhatIsNoUtf8AsWindows1252) {
  EXPECT_EQ(ToUtf8("caf\xe9 \x80"), "café €");
  EXPECT_EQ(ToUtf8("café"), "café");
}

TEST(RetailDataTest, ReadsAnInvoiceWithItsLinesAndLearnsThePrice) {
  const RetailData data = Read(
      "536365,85123a,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
      "536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom\n"
      "536366,85123A,WHITE HEART,1,2010-12-01 08:28:00,2.55,,France\n"
      "536367,85123A,HEART,1,2010-12-01 08:28:00,5.10,13047.0,France\n");
  ASSERT_EQ(data.invoices.size(), 3U);
  EXPECT_EQ(data.invoices[0].customer, "17850");
  EXPECT_EQ(data.invoices[1].customer, "guest-536366");
  ASSERT_EQ(data.products.size(), 2U);
  EXPECT_EQ(data.products[1].sku, "85123A");
  EXPECT_EQ(data.products[1].name, "WHITE HEART");
  EXPECT_EQ(data.products[1].price_minor, 255);
  EXPECT_EQ(data.report.lines_taken, 4);
}

TEST(RetailDataTest, NamesTheReasonForEveryLineItLeavesOut) {
  EXPECT_EQ(Reason("536365,POST,POSTAGE,1,2010-12-01 08:26:00,18,12583.0,France\n").substr(0, 13), "not a product");
  EXPECT_EQ(Reason("536365,85123A,X,0,d,2.55,1,UK\n"), "quantity is zero");
  EXPECT_EQ(Reason("536365,85123A,X,-3,d,2.55,1,UK\n").substr(0, 15), "stock write-off");
  EXPECT_EQ(Reason("536365,85123A,X,3.5,d,2.55,1,UK\n"), "quantity is no whole number");
  EXPECT_EQ(Reason("536365,85123A,X,100001,d,2.55,1,UK\n"), "quantity above 100,000");
  EXPECT_EQ(Reason("536365,85123A,X,1,d,0.0,1,UK\n"), "price is not positive");
  EXPECT_EQ(Reason("536365,85123A,X,1,d,-1.50,1,UK\n"), "price is not positive");
  EXPECT_EQ(Reason("536365,85123A,X,1,d,0.001,1,UK\n"), "price is no amount in pence");
  EXPECT_EQ(Reason("536365,85123A,X,1,d,nan,1,UK\n"), "price is no amount in pence");
  EXPECT_EQ(Reason("A563185,B,Adjust bad debt,1,d,11062.06,,UK\n").substr(0, 14), "invoice number");
  EXPECT_EQ(Reason("536365,85123A\n"), "wrong number of columns");
  EXPECT_EQ(Reason("C536365,85123A,X,5,d,2.55,1,UK\n"), "cancellation with a positive quantity");
}

TEST(RetailDataTest, AddsDuplicateLinesAndSplitsLongInvoices) {
  std::string rows = "1,10000,A,2,d,1.00,7,UK\n1,10000,A,3,d,1.00,7,UK\n";
  for (int i = 1; i < 150; ++i) rows += "1," + std::to_string(10000 + i) + ",A,1,d,1.00,7,UK\n";
  const RetailData data = Read(rows);
  ASSERT_EQ(data.invoices.size(), 2U);
  EXPECT_EQ(data.invoices[0].lines[0].quantity, 5);
  EXPECT_EQ(data.invoices[0].lines.size(), 100U);
  EXPECT_EQ(data.invoices[1].lines.size(), 50U);
  EXPECT_EQ(data.invoices[1].number, "1-2");
  EXPECT_EQ(data.report.lines_taken, data.report.lines_read);
}

TEST(RetailDataTest, CountsEveryLineOfTheSampleOnceAndIsTheSameForTheSameSeed) {
  const std::string text = MakeSampleCsv(7, 500);
  EXPECT_EQ(text, MakeSampleCsv(7, 500));
  const auto data = ReadRetailCsv({text});
  ASSERT_TRUE(data.ok());
  std::int64_t left_out = 0;
  for (const auto& [reason, count] : data->report.lines_left_out) left_out += count;
  EXPECT_EQ(data->report.lines_taken + left_out, data->report.lines_read);
  EXPECT_GE(data->invoices.size(), 490U);
  EXPECT_GE(data->report.lines_left_out.size(), 4U);
}

TEST(RetailDataTest, RefusesAFileWithoutTheColumnsAndNamesTheFirst) {
  EXPECT_NE(ReadRetailCsv({"a,b\n1,2\n"}).error().message.find("InvoiceNo"), std::string::npos);
  EXPECT_FALSE(ReadRetailCsv({""}).ok());
}

}  // namespace
}  // namespace souk::demo
