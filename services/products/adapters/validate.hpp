#pragma once

#include <string>
#include <string_view>

#include "services/products/app/ports.hpp"
#include "souk/products/v1/products_service.pb.h"

namespace souk::products {

/// kInvalidArgument (400) naming the field when it is no UUID.
Result<Uuid> ParseId(const std::string& field, const std::string& text);

/// The version that a change was made for, from "If-Match" (empty = the header is missing) or the request's own field (0 = none). Neither: 428.
Result<Expected> ParseExpected(std::string_view if_match, std::int64_t expected_version);

/// The query of a list; its limit is one more than the page has, which tells whether there is another.
Result<ListQuery> ParseList(const v1::ListProductsRequest& request);
std::string PageToken(const Product& last, const ListQuery& query);

/// 1 to 200; 0 means 50.
Result<int> ParsePageSize(int size);
std::string PageToken(const Collection& last);
Result<std::optional<std::pair<std::string, Uuid>>> ParseCollectionToken(const std::string& token);

}  // namespace souk::products
