#include "services/products/adapters/validate.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "libs/base/hash.hpp"
#include "libs/base/time.hpp"

namespace souk::products {
namespace {

constexpr int kPageMax = 200;
constexpr int kPageDefault = 50;
constexpr std::int64_t kPriceMax = 100'000'000;
constexpr std::size_t kTokenMax = 2000;

struct SortName {
  std::string_view name;
  SortBy by;
};
constexpr std::array kSorts = {SortName{"name", SortBy::kName}, SortName{"price", SortBy::kPrice}, SortName{"sku", SortBy::kSku},
                               SortName{"created", SortBy::kCreated}, SortName{"updated", SortBy::kUpdated}};

Error BadToken() { return MalformedField("page.page_token", "is not a token of this list"); }

std::string Hex(const std::string& text) { return ToHex(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()); }

std::optional<std::string> Unhex(std::string_view hex) {
  std::string text;
  if (hex.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    unsigned byte = 0;
    const auto parsed = std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    if (parsed.ec != std::errc() || parsed.ptr != hex.data() + i + 2) return std::nullopt;
    text.push_back(static_cast<char>(byte));
  }
  return text;
}

/// "<kind>_<key in hex>_<id>"
std::string MakeToken(std::string_view kind, const std::string& key, const Uuid& id) {
  return std::string(kind) + "_" + Hex(key) + "_" + id.ToString();
}

std::optional<std::pair<std::string, Uuid>> ReadToken(std::string_view kind, std::string_view token) {
  const std::size_t last = token.rfind('_');
  if (token.size() > kTokenMax || last == std::string_view::npos || last <= kind.size() || !token.starts_with(kind) || token[kind.size()] != '_') {
    return std::nullopt;
  }
  auto key = Unhex(token.substr(kind.size() + 1, last - kind.size() - 1));
  const auto id = Uuid::Parse(token.substr(last + 1));
  if (!key || !id || !IsText(*key)) return std::nullopt;
  return std::make_pair(std::move(*key), *id);
}

std::string KindOf(const ListQuery& query) {
  const auto* sort = std::find_if(kSorts.begin(), kSorts.end(), [&](const SortName& one) { return one.by == query.sort; });
  return std::string(query.descending ? "-" : "") + std::string(sort->name);
}

/// What the key of a token must look like, so that SQL can read it.
bool IsKey(SortBy sort, const std::string& key) {
  if (sort == SortBy::kCreated || sort == SortBy::kUpdated) return ParseTime(key).has_value() && key.size() <= 27;
  if (sort != SortBy::kPrice) return true;
  return !key.empty() && key.size() <= 20 && key.starts_with("00") && key.find_first_not_of("0123456789") == std::string::npos;
}

Result<void> ParseSort(const std::string& sort, ListQuery& query) {
  if (sort.empty()) return {};
  query.descending = sort.front() == '-';
  const std::string_view name = std::string_view(sort).substr(query.descending ? 1 : 0);
  const auto* found = std::find_if(kSorts.begin(), kSorts.end(), [&](const SortName& one) { return one.name == name; });
  if (found == kSorts.end()) return MalformedField("sort", "must be name, price, sku, created or updated, or one of them after a minus sign");
  query.sort = found->by;
  return {};
}

Result<void> ParsePrices(const v1::ListProductsRequest& request, ListQuery& query) {
  if (!request.currency().empty() && !IsKnownCurrency(request.currency())) return MalformedField("currency", "must be an ISO 4217 code that the shop sells in");
  query.currency = request.currency();
  query.price_min = request.price_min();
  query.price_max = request.price_max();
  if (query.price_min < 0 || query.price_min > kPriceMax) return MalformedField("price_min", "must be 0 to 100000000 minor units");
  if (query.price_max < 0 || query.price_max > kPriceMax) return MalformedField("price_max", "must be 0 to 100000000 minor units");
  const bool needed = query.price_min > 0 || query.price_max > 0 || query.sort == SortBy::kPrice;
  if (needed && query.currency.empty()) return MalformedField("currency", "is required to compare prices");
  return {};
}

}  // namespace

Result<Uuid> ParseId(const std::string& field, const std::string& text) {
  const auto id = Uuid::Parse(text);
  if (!id) return MalformedField(field, "must be a UUID");
  return *id;
}

Result<Expected> ParseExpected(std::string_view if_match, std::int64_t expected_version) {
  if (if_match.empty() && expected_version == 0) {
    Error error = MakeError(ErrorCode::kFailedPrecondition, "If-Match is required: the ETag of what was read, or *", "PRECONDITION_REQUIRED");
    error.http_status = 428;
    error.fields.push_back({"If-Match", "is required"});
    return error;
  }
  if (if_match == "*") return Expected();
  std::int64_t version = expected_version;
  if (!if_match.empty()) {
    const bool quoted = if_match.size() > 2 && if_match.front() == '"' && if_match.back() == '"';
    const std::string_view digits = quoted ? if_match.substr(1, if_match.size() - 2) : std::string_view();
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), version);
    if (!quoted || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
      return MalformedField("If-Match", "must be one ETag in double quotes as an answer had it, or *");
    }
  }
  if (version < 1) return MalformedField(if_match.empty() ? "expected_version" : "If-Match", "is not a version");
  return Expected(version);
}

Result<int> ParsePageSize(int size) {
  if (size < 0 || size > kPageMax) return MalformedField("page.page_size", "must be 1 to 200, or 0 for 50");
  return size == 0 ? kPageDefault : size;
}

Result<ListQuery> ParseList(const v1::ListProductsRequest& request) {
  ListQuery query;
  SOUK_ASSIGN_OR_RETURN(const int size, ParsePageSize(request.page().page_size()));
  query.limit = size + 1;
  SOUK_RETURN_IF_ERROR(ParseSort(request.sort(), query));
  SOUK_RETURN_IF_ERROR(ParsePrices(request, query));
  if (!request.collection_id().empty()) {
    SOUK_ASSIGN_OR_RETURN(query.collection, ParseId("collection_id", request.collection_id()));
  }
  if (!request.seller_id().empty() && !IsCode(request.seller_id())) return MalformedField("seller_id", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
  if (!request.sku().empty() && !IsCode(request.sku())) return MalformedField("sku", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
  query.seller_id = request.seller_id();
  query.sku = request.sku();
  query.deleted = request.deleted();
  if (!request.page().page_token().empty()) {
    query.after = ReadToken(KindOf(query), request.page().page_token());
    if (!query.after || !IsKey(query.sort, query.after->first)) return BadToken();
  }
  return query;
}

std::string PageToken(const Product& last, const ListQuery& query) { return MakeToken(KindOf(query), SortKey(last, query.sort), last.id); }

std::string PageToken(const Collection& last) { return MakeToken("collections", last.content.name, last.id); }

Result<std::optional<std::pair<std::string, Uuid>>> ParseCollectionToken(const std::string& token) {
  if (token.empty()) return std::optional<std::pair<std::string, Uuid>>();
  auto after = ReadToken("collections", token);
  if (!after) return BadToken();
  return after;
}

}  // namespace souk::products
