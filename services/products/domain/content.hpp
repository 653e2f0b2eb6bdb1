#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "libs/base/money.hpp"
#include "libs/base/result.hpp"
#include "libs/base/uuid.hpp"

namespace souk::products {

/// One of a set that customers filter by.
struct EnumValue {
  std::string name;
  bool operator==(const EnumValue&) const = default;
};
/// Nothing (no value given), a text, a number or an enum.
using AttributeValue = std::variant<std::monostate, std::string, double, EnumValue>;

struct Image {
  std::string url;
  std::string alt;
  bool operator==(const Image&) const = default;
};

/// What a seller writes about a product.
struct Content {
  std::string sku;
  std::string name;
  std::string description;
  Money price;
  std::map<std::string, AttributeValue> attributes;
  std::vector<Image> images;
  std::vector<Uuid> collections;  ///< sorted
  std::string seller_id;
  std::int64_t low_stock_threshold = 0;

  bool operator==(const Content&) const = default;
};

/// What a seller writes about a collection.
struct CollectionContent {
  std::string name;
  std::string description;
  std::string language;  ///< two lower-case letters

  bool operator==(const CollectionContent&) const = default;
};

/// Every rule of souk/products/v1/product.proto that can be told from the content alone. kInvalidArgument names every field that breaks one.
Result<void> Check(const Content& content);
Result<void> Check(const CollectionContent& content);

/// 1 to 64 characters of A-Z a-z 0-9 . _ -
bool IsCode(std::string_view text);
/// UTF-8 without NUL, as SQL takes it.
bool IsText(std::string_view text);
/// 0 to 200 characters without control characters: the reason of a correction.
Result<void> CheckReason(const std::string& text);

}  // namespace souk::products
