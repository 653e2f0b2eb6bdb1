#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/graphql/cost.hpp"
#include "libs/graphql/execution.hpp"
#include "libs/graphql/limits.hpp"
#include "libs/graphql/lru_cache.hpp"
#include "libs/graphql/prepared.hpp"
#include "libs/graphql/subscription.hpp"
#include "libs/graphql/validate.hpp"

namespace souk::graphql {

struct EngineConfig {
  ParseLimits parse;
  DocumentLimits document;
  CostLimits cost;
  ValidateOptions validate;
  std::size_t cache_bytes_max = 16U << 20;      ///< documents by their text
  std::size_t persisted_bytes_max = 16U << 20;  ///< documents by their hash, those that clients sent
  bool only_registered = false;                 ///< refuse every document that Engine::Register has not seen
};

/// One request, its document already prepared.
struct Request {
  std::shared_ptr<const Prepared> prepared;
  std::string operation_name;                  ///< empty when the document has one operation
  std::shared_ptr<Arena> arena;                ///< where `variables` lie; may be empty without variables
  Value variables;                             ///< an object, or null
  Object root;                                 ///< the parent of the root's fields
  std::shared_ptr<void> context;               ///< for Batch::Context
  std::function<bool()> expired;               ///< true when the request has no time left; may be empty
};

enum class RefusalKind { kSyntax, kLimit, kValidation, kNotRegistered, kNotFound };

/// A prepared document, or why it is refused.
struct Preparation {
  std::shared_ptr<const Prepared> prepared;
  std::vector<GraphQLError> errors;
  RefusalKind refusal = RefusalKind::kSyntax;
  bool ok() const { return prepared != nullptr; }
};

/// A schema with its resolvers: prepares documents once, then executes them. Safe to use from any thread.
class Engine {
 public:
  /// kInvalidArgument when a field of the schema has no resolver or a resolver no field.
  static Result<std::shared_ptr<Engine>> Create(std::shared_ptr<const Schema> schema, const Resolvers& resolvers,
                                                const Subscribers& subscribers = {}, EngineConfig config = {});

  /// Parses, limits and validates, or takes it from the cache.
  Preparation Prepare(std::string_view text);
  /// A document known by the SHA-256 of its text in lower-case hex: a registered one, or one that a client persisted.
  Preparation FindPersisted(std::string_view hash);
  /// Prepares and keeps it under its hash, which was compared with the text.
  Preparation Persist(std::string_view hash, std::string_view text);
  /// Keeps a document of the operator's for good. Gives its hash; kInvalidArgument when it is not valid. Call before requests are served.
  Result<std::string> Register(std::string_view text);

  /// Runs a query or a mutation; `done` is called once, perhaps before Execute returns.
  void Execute(Request request, Execution::Done done) const;
  /// Starts a subscription. The response of a failed start comes back at once; else events flow into `client` until Stop or its end.
  std::variant<std::shared_ptr<Subscription>, Response> Subscribe(Request request, SubscriptionClient client) const;

  const Schema& schema() const { return *schema_; }
  const EngineConfig& config() const { return config_; }
  std::size_t cached_bytes() const { return by_text_.bytes() + by_hash_.bytes(); }

  /// `{"errors":[…]}`.
  static Response Refuse(const std::vector<GraphQLError>& errors);

 private:
  Engine(std::shared_ptr<const Schema> schema, ResolverTable resolvers, Subscribers subscribers, EngineConfig config);
  Preparation PrepareNew(std::string_view text) const;
  /// Variables and cost; fills what Execution needs or gives the refusal.
  std::optional<Response> Begin(const Request& request, Execution::Input* input) const;

  std::shared_ptr<const Schema> schema_;
  std::shared_ptr<const ResolverTable> resolvers_;
  Subscribers subscribers_;
  EngineConfig config_;
  std::unordered_map<std::string, std::shared_ptr<const Prepared>> registered_;
  internal::LruCache<const Prepared> by_text_;
  internal::LruCache<const Prepared> by_hash_;
};

}  // namespace souk::graphql
