#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/products/domain/content.hpp"

namespace souk::products {

/// One line of an import; what it says, or why that can't be told.
struct ReadLine {
  std::int64_t number = 0;
  Result<Content> content;
};

/// Reads one product after the other out of a text that outlives it. Empty lines are passed over.
class ImportReader {
 public:
  virtual ~ImportReader() = default;
  /// Nothing at the end.
  virtual std::optional<ReadLine> Next() = 0;
  /// Number of the last line that was read, empty ones included; before the first one, the number before it.
  virtual std::int64_t last_line() const = 0;
};

/// `first_line`: 0 = the text is the whole file. A CSV repeats its header at the beginning of every text; MalformedField names a column that is not known.
Result<std::unique_ptr<ImportReader>> ReadJsonLines(std::string_view text, std::int64_t first_line);
Result<std::unique_ptr<ImportReader>> ReadCsv(std::string_view text, std::int64_t first_line);

/// "2.55" GBP -> 255. InvalidArgument("price") for what is no amount in whole minor units.
Result<std::int64_t> ParseAmount(std::string_view text, const std::string& currency);

}  // namespace souk::products
