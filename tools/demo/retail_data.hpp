#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace souk::demo {

/// A product as read from the order lines.
struct Product {
  std::string sku;
  std::string name;
  std::int64_t price_minor = 0;  ///< pence
};

struct Line {
  std::string sku;
  std::int64_t quantity = 0;
};

/// An invoice that becomes one order (at most 100 lines) or, with `cancels`, gives goods of an earlier order back.
struct Invoice {
  std::string number;    ///< "536365", or "536365-2" for the second part of a long one
  std::string customer;  ///< "17850", or "guest-536370" when the data names none
  std::string country;
  std::string time;      ///< as in the data
  bool cancels = false;
  std::vector<Line> lines;
};

/// What was read, and what was done about each thing that was not clean. Every line of the input is counted exactly once in `lines_taken` or in
/// `lines_left_out`; `notes` counts lines or invoices that were taken with a change.
struct ImportReport {
  std::int64_t lines_read = 0;
  std::int64_t lines_taken = 0;
  std::map<std::string, std::int64_t> lines_left_out;  ///< reason -> lines
  std::map<std::string, std::int64_t> notes;           ///< remark -> count
};

struct RetailData {
  std::vector<Product> products;  ///< ordered by sku
  std::vector<Invoice> invoices;  ///< in the order of the data
  ImportReport report;
};

/// Reads order lines in the form of the Online Retail data set (InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country; the
/// header may order them otherwise). docs/demo-data.md states every rule for dirt. kInvalidArgument only when the header lacks a column.
Result<RetailData> ReadRetailCsv(const std::vector<std::string>& texts);

/// "2.55" -> 255; nothing for text that is no number, or that has a fraction of a penny.
std::optional<std::int64_t> ParsePence(std::string_view text);

/// A small sample of our own making in the same form and with the same dirt, for machines without the data set. The same seed, the same text.
std::string MakeSampleCsv(std::uint64_t seed, int invoices);

}  // namespace souk::demo
