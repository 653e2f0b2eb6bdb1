#include <fmt/format.h>

#include "libs/base/random.hpp"
#include "tools/demo/retail_data.hpp"

namespace souk::demo {
namespace {

constexpr const char* kThings[] = {"lantern", "tea towel", "biscuit tin", "door mat", "cake stand", "wall clock", "jam jar", "umbrella",
                                   "lunch box", "candle", "picture frame", "garden chair"};
constexpr const char* kKinds[] = {"red", "striped", "vintage", "small", "large", "spotted"};
constexpr int kProducts = 72;

std::string Row(const std::string& invoice, const std::string& code, const std::string& name, std::int64_t quantity, int minute,
                const std::string& price, const std::string& customer) {
  return fmt::format("{},{},{},{},2026-01-{:02} {:02}:{:02}:00,{},{},United Kingdom\n", invoice, code, name, quantity,
                     1 + minute / 1440 % 28, minute / 60 % 24, minute % 60, price, customer);
}

std::string Price(int product) { return fmt::format("{}.{:02}", 1 + product * 7 % 19, product * 13 % 100); }
std::string Code(int product) { return fmt::format("{}{}", 70000 + product * 11, product % 5 == 0 ? "B" : ""); }
std::string Name(int product) { return fmt::format("{} {}", kKinds[product / 12 % 6], kThings[product % 12]); }

}  // namespace

std::string MakeSampleCsv(std::uint64_t seed, int invoices) {
  SeededRandom random(seed);
  std::string text = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
  for (int i = 0; i < invoices; ++i) {
    const std::string number = std::to_string(900000 + i);
    const std::string customer = random.Below(5) == 0 ? "" : fmt::format("{}.0", 50000 + random.Below(300));
    const int lines = 1 + static_cast<int>(random.Below(random.Below(20) == 0 ? 30 : 6));
    int product = 0;
    for (int line = 0; line < lines; ++line) {
      // Squaring favours low numbers: some products are far hotter than others, as in a real shop.
      product = static_cast<int>(random.Below(kProducts) * random.Below(kProducts) / kProducts);
      text += Row(number, Code(product), Name(product), 1 + static_cast<std::int64_t>(random.Below(24)), i, Price(product), customer);
    }
    switch (random.Below(24)) {  // the dirt of a real export
      case 0: text += Row(number, "POST", "POSTAGE", 1, i, "18.00", customer); break;
      case 1: text += Row(number, Code(product), "", 1, i, "0.0", ""); break;
      case 2: text += Row(number, Code(product), "damaged", -3, i, "0.0", ""); break;
      case 3: text += Row(number, Code(product), Name(product), 2, i, Price(product), customer); break;
      case 4: text += Row(number, Code(product), "caf\xe9 " + Name(product), 1, i, Price(product), customer); break;
      case 5: text += Row("C" + std::to_string(910000 + i), Code(product), Name(product), -1, i, Price(product), customer); break;
      case 6: text += number + ",broken line\n"; break;
      case 7: text += Row(number, Code(product), "\"" + Name(product) + ", \"\"deluxe\"\"\"", 1, i, "3.999", customer); break;
      default: break;
    }
  }
  return text;
}

}  // namespace souk::demo
