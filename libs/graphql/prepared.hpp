#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libs/graphql/plan.hpp"

namespace souk::graphql {

/// A document that passed all checks, with the plans of its operations. Shared by all requests that ask it.
class Prepared {
 public:
  Prepared(std::shared_ptr<const Schema> schema, std::shared_ptr<const ResolverTable> resolvers, DocumentPtr document);

  /// GetOperation (specification, 6.1): without a name the document's only operation.
  std::variant<const ast::Operation*, GraphQLError> FindOperation(std::string_view name) const;
  std::shared_ptr<Plan> PlanOf(const ast::Operation& operation, const Variables& variables) const;
  const ast::Document& document() const { return *document_; }
  /// Bytes that it keeps, plans included, which take about twice what their document does.
  std::size_t bytes() const { return document_->bytes() * (1 + 2 * (conditions_.empty() ? 1 : kPlansMax)); }

 private:
  static constexpr std::size_t kPlansMax = 8;  // further combinations of conditions are planned anew each time

  struct Entry {
    const ast::Operation* operation;
    std::map<std::string, std::shared_ptr<Plan>, std::less<>> plans;  // by the values of the variables of @skip and @include
  };

  std::shared_ptr<const Schema> schema_;
  std::shared_ptr<const ResolverTable> resolvers_;
  DocumentPtr document_;
  std::vector<std::string_view> conditions_;  // variables of @skip and @include anywhere in the document
  mutable std::mutex mutex_;
  mutable std::deque<Entry> operations_;      // the plans are guarded
};

}  // namespace souk::graphql
