#include "services/products/domain/content.hpp"

#include <algorithm>
#include <cmath>

namespace souk::products {
namespace {

constexpr std::int64_t kPriceMax = 100'000'000;
constexpr std::int64_t kThresholdMax = 1'000'000;
constexpr double kNumberMax = 1e15;
constexpr std::size_t kAttributesMax = 50;
constexpr std::size_t kImagesMax = 20;
constexpr std::size_t kCollectionsMax = 20;
constexpr std::size_t kUrlMax = 2048;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Characters, not bytes.
std::size_t Length(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// C0, DEL and C1 (U+0080 to U+009F, "\xC2" and one byte below 0xA0).
bool HasControl(std::string_view text, bool lines_allowed) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (lines_allowed && (c == '\n' || c == '\r' || c == '\t')) continue;
    if (c < 0x20 || c == 0x7f) return true;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

bool IsAttributeName(std::string_view name) {
  if (name.empty() || name.size() > 64 || !IsLower(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return IsLower(c) || IsDigit(c) || c == '_'; });
}

bool IsUrl(std::string_view url) {
  const bool known = url.starts_with("https://") || url.starts_with("http://");
  if (!known || url.size() <= url.find("//") + 2 || url.size() > kUrlMax) return false;
  return std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\'; });
}

/// Collects what is wrong, so that one answer names all of it.
class Violations {
 public:
  void Add(std::string field, std::string description) {
    if (found_.size() < 20) found_.push_back({std::move(field), std::move(description)});
  }
  void Text(const std::string& field, std::string_view text, std::size_t min, std::size_t max, bool lines_allowed = false) {
    const std::size_t length = Length(text);
    if (!IsText(text)) Add(field, "must be UTF-8 without control characters");
    else if (length < min || length > max) Add(field, "must have " + std::to_string(min) + " to " + std::to_string(max) + " characters");
    else if (HasControl(text, lines_allowed)) Add(field, "must not hold control characters");
    else if (min > 0 && std::all_of(text.begin(), text.end(), [](char c) { return c == ' '; })) Add(field, "must not be only spaces");
  }
  void Range(const std::string& field, std::int64_t value, std::int64_t min, std::int64_t max) {
    if (value < min || value > max) Add(field, "must be " + std::to_string(min) + " to " + std::to_string(max));
  }
  Result<void> Take() && {
    if (found_.empty()) return {};
    Error error = InvalidArgument(found_.front().field, found_.front().description);
    error.fields = std::move(found_);
    return error;
  }

 private:
  std::vector<FieldViolation> found_;
};

void CheckAttribute(const std::string& name, const AttributeValue& value, Violations& wrong) {
  const std::string field = "attributes." + (IsAttributeName(name) ? name : "?");
  if (!IsAttributeName(name)) wrong.Add(field, "has a name that is not 1 to 64 characters of a-z 0-9 _ beginning with a letter");
  if (std::holds_alternative<std::monostate>(value)) {
    wrong.Add(field, "must have one of text, number, enum");
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    wrong.Text(field + ".text", *text, 1, 200);
  } else if (const auto* number = std::get_if<double>(&value)) {
    if (!std::isfinite(*number) || std::abs(*number) > kNumberMax) wrong.Add(field + ".number", "must be between -1e15 and 1e15");
  } else if (!IsCode(std::get<EnumValue>(value).name)) {
    wrong.Add(field + ".enum", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
  }
}

}  // namespace

bool IsText(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (first == 0 || size == 0 || i + size > text.size()) return false;
    for (std::size_t k = 1; k < size; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    const auto second = static_cast<unsigned char>(size > 1 ? text[i + 1] : 0);
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool outside = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
    if (overlong || outside) return false;
    i += size;
  }
  return true;
}

bool IsCode(std::string_view text) {
  const auto fits = [](char c) { return IsLower(c) || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), fits);
}

Result<void> CheckReason(const std::string& text) {
  Violations wrong;
  wrong.Text("reason", text, 0, 200);
  return std::move(wrong).Take();
}

Result<void> Check(const Content& content) {
  Violations wrong;
  if (!IsCode(content.sku)) wrong.Add("sku", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
  wrong.Text("name", content.name, 1, 200);
  wrong.Text("description", content.description, 0, 10'000, true);
  wrong.Range("price.minor_units", content.price.minor_units, 1, kPriceMax);
  if (!IsKnownCurrency(content.price.currency)) wrong.Add("price.currency", "must be an ISO 4217 code that the shop sells in, e.g. GBP");
  if (content.attributes.size() > kAttributesMax) wrong.Add("attributes", "must be at most 50");
  for (const auto& [name, value] : content.attributes) CheckAttribute(name, value, wrong);
  if (content.images.size() > kImagesMax) wrong.Add("images", "must be at most 20");
  for (std::size_t i = 0; i < content.images.size(); ++i) {
    const std::string at = "images[" + std::to_string(i) + "]";
    if (!IsUrl(content.images[i].url)) wrong.Add(at + ".url", "must be an http or https address of at most 2048 printable ASCII characters");
    wrong.Text(at + ".alt", content.images[i].alt, 0, 200);
  }
  if (content.collections.size() > kCollectionsMax) wrong.Add("collection_ids", "must be at most 20");
  if (std::adjacent_find(content.collections.begin(), content.collections.end()) != content.collections.end()) {
    wrong.Add("collection_ids", "must name each collection once");
  }
  if (!content.seller_id.empty() && !IsCode(content.seller_id)) wrong.Add("seller_id", "must be 0 to 64 characters of A-Z a-z 0-9 . _ -");
  wrong.Range("low_stock_threshold", content.low_stock_threshold, 0, kThresholdMax);
  return std::move(wrong).Take();
}

Result<void> Check(const CollectionContent& content) {
  Violations wrong;
  wrong.Text("name", content.name, 1, 200);
  wrong.Text("description", content.description, 0, 10'000, true);
  const bool language = content.language.size() == 2 && IsLower(content.language[0]) && IsLower(content.language[1]);
  if (!language) wrong.Add("language", "must be two lower-case letters, e.g. en");
  return std::move(wrong).Take();
}

}  // namespace souk::products
