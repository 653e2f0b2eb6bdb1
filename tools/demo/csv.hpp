#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace souk::demo {

/// Reads RFC 4180 records from text: quoted fields, doubled quotes, commas and line ends inside quotes, LF or CRLF, an optional byte order mark.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text);
  /// The next record, or nothing at the end. A quote that never closes ends with the text.
  std::optional<std::vector<std::string>> Next();
  /// Line on which the record returned last began, from 1.
  int line() const { return record_line_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  int next_line_ = 1;
  int record_line_ = 0;
};

/// The text unchanged when it is UTF-8, otherwise taken as Windows-1252 and converted.
std::string ToUtf8(std::string text);

/// A file's content, unpacked when it is gzip'd. kNotFound or kInvalidArgument names the file.
Result<std::string> ReadMaybeGzip(const std::string& path);

}  // namespace souk::demo
