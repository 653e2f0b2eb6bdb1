#include "services/products/adapters/import_reader.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "libs/rpc/json.hpp"
#include "libs/rpc/pan_guard.hpp"
#include "services/products/adapters/codec.hpp"

namespace souk::products {
namespace {

constexpr std::size_t kColumnsMax = 100;

std::string_view WithoutReturn(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

class JsonLines final : public ImportReader {
 public:
  JsonLines(std::string_view text, std::int64_t first_line) : text_(text), line_(std::max<std::int64_t>(first_line, 1) - 1) {}

  std::optional<ReadLine> Next() override {
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      const std::string_view line = WithoutReturn(text_.substr(at_, end - at_));
      at_ = end + 1;
      ++line_;
      if (line.find_first_not_of(" \t") != std::string_view::npos) return ReadLine{line_, Parse(line)};
    }
    return std::nullopt;
  }
  std::int64_t last_line() const override { return line_; }

 private:
  static Result<Content> Parse(std::string_view line) {
    v1::ProductContent content;
    SOUK_RETURN_IF_ERROR(rpc::ParseJson(line, &content));
    if (const auto field = rpc::FindPan(content)) return rpc::PanNotAllowed(*field);
    return FromProto(content);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_;
};

Result<std::int64_t> ParseNumber(const std::string& field, std::string_view text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return InvalidArgument(field, "must be a whole number");
  return number;
}

/// "attribute.NAME", "attribute.NAME:number", "attribute.NAME:enum".
Result<void> SetAttribute(std::string_view column, std::string_view value, Content& content) {
  constexpr std::string_view kPrefix = "attribute.";
  const std::size_t colon = column.find(':');
  const std::string name(column.substr(kPrefix.size(), colon == std::string_view::npos ? colon : colon - kPrefix.size()));
  const std::string_view type = colon == std::string_view::npos ? "text" : column.substr(colon + 1);
  if (type == "enum") {
    content.attributes[name] = EnumValue{std::string(value)};
  } else if (type == "number") {
    double number = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size()) return InvalidArgument("attributes." + name + ".number", "must be a number");
    content.attributes[name] = number;
  } else {
    content.attributes[name] = std::string(value);
  }
  return {};
}

bool IsColumn(std::string_view name) {
  constexpr std::string_view kNames[] = {"sku", "name", "description", "price", "currency", "image_url", "collection_ids", "seller_id", "low_stock_threshold"};
  if (std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames)) return true;
  if (!name.starts_with("attribute.") || name.size() < 11) return false;
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos || name.substr(colon) == ":text" || name.substr(colon) == ":number" || name.substr(colon) == ":enum";
}

/// RFC 4180: quoted fields may hold commas, line breaks and doubled quotes.
class Csv final : public ImportReader {
 public:
  explicit Csv(std::string_view text) : text_(text) {}

  Result<void> ReadHeader(std::int64_t first_line) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    const auto header = Record();
    if (!header || broken_) return MalformedField("body", "must begin with a header line");
    std::set<std::string> seen;
    for (const std::string& name : *header) {
      if (!IsColumn(name)) return MalformedField("body", "has a column in its header that is not known: columns are sku, name, description, price, currency, image_url, "
                                                         "collection_ids, seller_id, low_stock_threshold, attribute.NAME, attribute.NAME:number, attribute.NAME:enum");
      if (!seen.insert(name).second) return MalformedField("body", "has a column twice in its header");
    }
    for (const char* needed : {"sku", "name", "price", "currency"}) {
      if (!seen.contains(needed)) return MalformedField("body", std::string("lacks the column ") + needed);
    }
    if (header->size() > kColumnsMax) return MalformedField("body", "has more than 100 columns");
    columns_ = *header;
    if (first_line > 0) line_ = first_line - 1;
    return {};
  }

  std::optional<ReadLine> Next() override {
    while (true) {
      const std::int64_t number = line_ + 1;
      const auto record = Record();
      if (!record) return std::nullopt;
      if (record->size() == 1 && record->front().empty() && !broken_) continue;
      return ReadLine{number, broken_ ? Result<Content>(MalformedField("line", "has a quote that is not closed or followed by more text")) : Parse(*record)};
    }
  }
  std::int64_t last_line() const override { return line_; }

 private:
  std::optional<std::vector<std::string>> Record() {
    if (at_ >= text_.size()) return std::nullopt;
    broken_ = false;
    std::vector<std::string> fields;
    while (true) {
      fields.push_back(Field());
      if (at_ >= text_.size() || text_[at_] != ',') break;
      ++at_;
    }
    ++line_;
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] != '\n') broken_ = true;
    const std::size_t end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
    return fields;
  }

  std::string Field() {
    if (at_ >= text_.size() || text_[at_] != '"') {
      const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
      std::string plain(text_.substr(at_, end - at_));
      at_ = end;
      return plain;
    }
    std::string quoted;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        quoted.push_back(text_[at_]);
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        quoted.push_back('"');
        ++at_;
      } else {
        ++at_;
        return quoted;
      }
    }
    broken_ = true;
    return quoted;
  }

  Result<Content> Parse(const std::vector<std::string>& record) const {
    if (record.size() != columns_.size()) {
      return MalformedField("line", "has " + std::to_string(record.size()) + " fields, the header has " + std::to_string(columns_.size()));
    }
    Content content;
    std::string price;
    for (std::size_t i = 0; i < record.size(); ++i) {
      const std::string& value = record[i];
      if (!IsText(value)) return MalformedField(columns_[i], "must be UTF-8");
      if (columns_[i] == "price") price = value;
      else if (!value.empty()) SOUK_RETURN_IF_ERROR(Set(columns_[i], value, content));
    }
    if (!IsKnownCurrency(content.price.currency)) return InvalidArgument("price.currency", "must be an ISO 4217 code that the shop sells in, e.g. GBP");
    SOUK_ASSIGN_OR_RETURN(content.price.minor_units, ParseAmount(price, content.price.currency));
    if (const auto field = rpc::FindPan(ToProto(content))) return rpc::PanNotAllowed(*field);
    return content;
  }

  static Result<void> Set(const std::string& column, const std::string& value, Content& content) {
    if (column == "sku") content.sku = value;
    else if (column == "name") content.name = value;
    else if (column == "description") content.description = value;
    else if (column == "currency") content.price.currency = value;
    else if (column == "image_url") content.images.push_back({value, ""});
    else if (column == "seller_id") content.seller_id = value;
    else if (column == "collection_ids") return SetCollections(value, content);
    else if (column == "low_stock_threshold") {
      SOUK_ASSIGN_OR_RETURN(content.low_stock_threshold, ParseNumber("low_stock_threshold", value));
    } else {
      return SetAttribute(column, value, content);
    }
    return {};
  }

  static Result<void> SetCollections(std::string_view text, Content& content) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      if (end > at) {
        const auto id = Uuid::Parse(text.substr(at, end - at));
        if (!id) return InvalidArgument("collection_ids", "must be UUIDs separated by spaces");
        content.collections.push_back(*id);
      }
      at = end + 1;
    }
    std::sort(content.collections.begin(), content.collections.end());
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 0;
  bool broken_ = false;
  std::vector<std::string> columns_;
};

}  // namespace

Result<std::int64_t> ParseAmount(std::string_view text, const std::string& currency) {
  const auto digits = static_cast<std::size_t>(MinorDigits(currency));
  const Error wrong = InvalidArgument("price", "must be an amount such as 2.55, with at most " + std::to_string(digits) + " digits after the point");
  const std::size_t point = text.find('.');
  std::string all(text.substr(0, point));
  std::string fraction(point == std::string_view::npos ? "" : text.substr(point + 1));
  while (fraction.size() > digits && fraction.back() == '0') fraction.pop_back();
  const bool shaped = !all.empty() && all.size() <= 12 && fraction.size() <= digits && (point == std::string_view::npos || point + 1 < text.size());
  all += fraction + std::string(digits - std::min(digits, fraction.size()), '0');
  if (!shaped || all.find_first_not_of("0123456789") != std::string::npos) return wrong;
  std::int64_t minor = 0;
  std::from_chars(all.data(), all.data() + all.size(), minor);
  return minor;
}

Result<std::unique_ptr<ImportReader>> ReadJsonLines(std::string_view text, std::int64_t first_line) {
  return std::unique_ptr<ImportReader>(std::make_unique<JsonLines>(text, first_line));
}

Result<std::unique_ptr<ImportReader>> ReadCsv(std::string_view text, std::int64_t first_line) {
  auto reader = std::make_unique<Csv>(text);
  SOUK_RETURN_IF_ERROR(reader->ReadHeader(first_line));
  return std::unique_ptr<ImportReader>(std::move(reader));
}

}  // namespace souk::products
