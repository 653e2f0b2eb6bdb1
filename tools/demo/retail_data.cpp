#include "tools/demo/retail_data.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <unordered_map>

#include "tools/demo/csv.hpp"

namespace souk::demo {
namespace {

constexpr std::size_t kLinesPerOrderMax = 100;
constexpr std::int64_t kQuantityMax = 100'000;
constexpr std::int64_t kPriceMax = 100'000'000;

enum Column { kInvoice, kStockCode, kDescription, kQuantity, kDate, kPrice, kCustomer, kCountry, kColumns };
constexpr std::array<std::string_view, kColumns> kColumnNames = {"InvoiceNo",   "StockCode", "Description", "Quantity",
                                                                 "InvoiceDate", "UnitPrice", "CustomerID",  "Country"};

std::string Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\xC2\xA0");
  if (begin == std::string_view::npos) return {};
  const std::size_t end = text.find_last_not_of(" \t");
  return std::string(text.substr(begin, end - begin + 1));
}

std::string Upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

// A product's code: five digits, then up to three letters. Anything else is postage, fees, discounts, samples, vouchers.
bool IsProductCode(std::string_view code) {
  if (code.size() < 5 || code.size() > 8) return false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const bool digit = code[i] >= '0' && code[i] <= '9';
    const bool letter = code[i] >= 'A' && code[i] <= 'Z';
    if (i < 5 ? !digit : !letter) return false;
  }
  return true;
}

// "17850.0" -> "17850"; empty for anything that is no customer number.
std::string CustomerNumber(std::string_view text) {
  std::string number = Trim(text);
  if (const std::size_t dot = number.find('.'); dot != std::string::npos) number.resize(dot);
  const bool digits = !number.empty() && number.size() <= 12 && number.find_first_not_of("0123456789") == std::string::npos;
  return digits ? number : std::string();
}

std::optional<std::int64_t> ParseQuantity(std::string_view text) {
  std::string trimmed = Trim(text);
  if (trimmed.size() > 2 && trimmed.ends_with(".0")) trimmed.resize(trimmed.size() - 2);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), value);
  if (trimmed.empty() || error != std::errc{} || end != trimmed.data() + trimmed.size()) return std::nullopt;
  return value;
}

// Names are shown to customers: no control characters, at most 200 bytes, cut at a character's border.
std::string CleanName(std::string_view text) {
  std::string name;
  for (const char c : Trim(text)) name.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  std::size_t size = std::min<std::size_t>(name.size(), 200);
  while (size < name.size() && size > 0 && (static_cast<unsigned char>(name[size]) & 0xC0) == 0x80) --size;
  name.resize(size);
  return name;
}

struct ProductFacts {
  std::map<std::string, std::int64_t> names;         // name -> lines
  std::map<std::int64_t, std::int64_t> prices;       // price -> lines
};

class Importer {
 public:
  Result<void> Read(std::string_view text) {
    CsvReader reader(text);
    const auto header = reader.Next();
    SOUK_RETURN_IF_ERROR(FindColumns(header.value_or(std::vector<std::string>{})));
    while (auto fields = reader.Next()) {
      if (fields->size() == 1 && (*fields)[0].empty()) continue;  // a blank line is no record
      ++data_.report.lines_read;
      const std::string reason = Take(*fields);
      if (reason.empty()) {
        ++data_.report.lines_taken;
      } else {
        ++data_.report.lines_left_out[reason];
      }
    }
    return {};
  }

  RetailData Finish() {
    for (auto& [sku, facts] : facts_) data_.products.push_back({sku, Name(sku, facts), Price(facts)});
    for (Open& open : open_) Close(open);
    return std::move(data_);
  }

 private:
  struct Open {
    Invoice invoice;
    std::unordered_map<std::string, std::size_t> line_of;
  };

  Result<void> FindColumns(std::vector<std::string> header) {
    for (int column = 0; column < kColumns; ++column) {
      const auto found = std::find_if(header.begin(), header.end(), [&](const std::string& name) {
        return Upper(Trim(name)) == Upper(std::string(kColumnNames[static_cast<std::size_t>(column)]));
      });
      if (found == header.end()) {
        return MakeError(ErrorCode::kInvalidArgument, "the header lacks the column " +
                                                          std::string(kColumnNames[static_cast<std::size_t>(column)]));
      }
      columns_[static_cast<std::size_t>(column)] = static_cast<std::size_t>(found - header.begin());
    }
    width_ = header.size();
    return {};
  }

  // Empty when the line was taken, else why it was left out.
  std::string Take(const std::vector<std::string>& fields) {
    if (fields.size() != width_) return "wrong number of columns";
    const auto field = [&](Column column) -> const std::string& { return fields[columns_[column]]; };
    std::string number = Upper(Trim(field(kInvoice)));
    const bool cancels = number.starts_with('C');
    const std::string digits = cancels ? number.substr(1) : number;
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos || digits.size() > 12) {
      return "invoice number is neither a number nor C and a number";
    }
    const std::string sku = Upper(Trim(field(kStockCode)));
    if (!IsProductCode(sku)) return "not a product (postage, fee, discount, voucher or sample)";
    const auto quantity = ParseQuantity(field(kQuantity));
    if (!quantity) return "quantity is no whole number";
    if (*quantity == 0) return "quantity is zero";
    if (!cancels && *quantity < 0) return "stock write-off (negative quantity without a cancellation)";
    if (cancels && *quantity > 0) return "cancellation with a positive quantity";
    const std::int64_t units = cancels ? -*quantity : *quantity;
    if (units > kQuantityMax || units < 0) return "quantity above 100,000";
    const auto price = ParsePence(Trim(field(kPrice)));
    if (!price) return "price is no amount in pence";
    if (*price <= 0) return "price is not positive";
    if (*price > kPriceMax) return "price above 1,000,000.00";
    if (!cancels) Learn(sku, field(kDescription), *price);
    AddLine(number, cancels, sku, units, field(kCustomer), field(kCountry), field(kDate));
    return {};
  }

  void Learn(const std::string& sku, const std::string& description, std::int64_t price) {
    ProductFacts& facts = facts_[sku];
    const std::string text = ToUtf8(description);
    if (text != description) ++data_.report.notes["description was Windows-1252 text: converted"];
    const std::string name = CleanName(text);
    if (name.empty()) {
      ++data_.report.notes["description is missing: taken from another line"];
    } else {
      ++facts.names[name];
    }
    ++facts.prices[price];
  }

  void AddLine(const std::string& number, bool cancels, const std::string& sku, std::int64_t units, const std::string& customer,
               const std::string& country, const std::string& time) {
    const auto [found, fresh] = open_of_.try_emplace(number, open_.size());
    if (fresh) {
      Open open;
      open.invoice.number = number;
      open.invoice.cancels = cancels;
      open.invoice.customer = CustomerNumber(customer);
      open.invoice.country = CleanName(ToUtf8(country));
      open.invoice.time = Trim(time);
      if (open.invoice.country.empty()) open.invoice.country = "United Kingdom";
      if (open.invoice.customer.empty()) {
        ++data_.report.notes["invoice without a customer: a guest's"];
        open.invoice.customer = "guest-" + number;
      }
      open_.push_back(std::move(open));
    }
    Open& open = open_[found->second];
    const auto [at, new_sku] = open.line_of.try_emplace(sku, open.invoice.lines.size());
    if (new_sku) {
      open.invoice.lines.push_back({sku, units});
      return;
    }
    ++data_.report.notes["same product twice on an invoice: quantities added"];
    Line& line = open.invoice.lines[at->second];
    line.quantity = std::min(line.quantity + units, kQuantityMax);
  }

  // The commonest name; of equally common ones the first in the alphabet.
  std::string Name(const std::string& sku, const ProductFacts& facts) {
    if (facts.names.size() > 1) ++data_.report.notes["product under several descriptions: the commonest taken"];
    if (facts.names.empty()) return sku;
    return std::max_element(facts.names.begin(), facts.names.end(), [](auto& a, auto& b) { return a.second < b.second; })->first;
  }

  // The commonest price; of equally common ones the lowest.
  std::int64_t Price(const ProductFacts& facts) {
    if (facts.prices.size() > 1) ++data_.report.notes["product at several prices: the commonest taken"];
    return std::max_element(facts.prices.begin(), facts.prices.end(), [](auto& a, auto& b) { return a.second < b.second; })->first;
  }

  void Close(Open& open) {
    auto& lines = open.invoice.lines;
    // A cancelled product that no order line ever sold can't be priced: there is nothing to give back.
    const auto unsold = [this](const Line& line) { return !facts_.contains(line.sku); };
    const auto cut = std::remove_if(lines.begin(), lines.end(), unsold);
    if (cut != lines.end()) data_.report.notes["cancelled product was never sold in this data"] += lines.end() - cut;
    lines.erase(cut, lines.end());
    if (lines.size() > kLinesPerOrderMax) ++data_.report.notes["invoice with more than 100 products: split"];
    for (std::size_t from = 0, part = 1; from < lines.size(); from += kLinesPerOrderMax, ++part) {
      Invoice invoice = open.invoice;
      const std::size_t to = std::min(lines.size(), from + kLinesPerOrderMax);
      invoice.lines.assign(lines.begin() + static_cast<std::ptrdiff_t>(from), lines.begin() + static_cast<std::ptrdiff_t>(to));
      if (part > 1) invoice.number += "-" + std::to_string(part);
      data_.invoices.push_back(std::move(invoice));
    }
  }

  std::array<std::size_t, kColumns> columns_{};
  std::size_t width_ = 0;
  RetailData data_;
  std::map<std::string, ProductFacts> facts_;
  std::vector<Open> open_;
  std::unordered_map<std::string, std::size_t> open_of_;
};

}  // namespace

std::optional<std::int64_t> ParsePence(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t dot = std::min(text.find('.'), text.size());
  std::string digits(text.substr(0, dot));
  std::string fraction(dot < text.size() ? text.substr(dot + 1) : std::string_view());
  while (fraction.size() > 2 && fraction.back() == '0') fraction.pop_back();
  if (fraction.size() > 2 || (digits.empty() && fraction.empty())) return std::nullopt;
  fraction.resize(2, '0');
  digits += fraction;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return negative ? -value : value;
}

Result<RetailData> ReadRetailCsv(const std::vector<std::string>& texts) {
  Importer importer;
  for (const std::string& text : texts) SOUK_RETURN_IF_ERROR(importer.Read(text));
  return importer.Finish();
}

}  // namespace souk::demo
