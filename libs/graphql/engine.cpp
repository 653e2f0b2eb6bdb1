#include "libs/graphql/engine.hpp"

#include "libs/base/hash.hpp"
#include "libs/graphql/introspection.hpp"

namespace souk::graphql {

Result<std::shared_ptr<Engine>> Engine::Create(std::shared_ptr<const Schema> schema, const Resolvers& resolvers,
                                               const Subscribers& subscribers, EngineConfig config) {
  // The table points into the resolvers: the engine keeps its own copy of them for as long as it lives.
  auto own = std::make_shared<Resolvers>(resolvers);
  SOUK_ASSIGN_OR_RETURN(ResolverTable table, ResolverTable::Make(*schema, own, internal::IntrospectionResolvers()));
  if (const NamedType* root = schema->Root(ast::OperationType::kSubscription)) {
    for (const Field& field : root->fields) {
      if (subscribers.count(field.name) > 0) continue;
      return MakeError(ErrorCode::kInvalidArgument, "Nobody subscribes for " + std::string(field.name) + ": register a subscriber for it.");
    }
  }
  return std::shared_ptr<Engine>(new Engine(std::move(schema), std::move(table), subscribers, std::move(config)));
}

Engine::Engine(std::shared_ptr<const Schema> schema, ResolverTable resolvers, Subscribers subscribers, EngineConfig config)
    : schema_(std::move(schema)),
      resolvers_(std::make_shared<const ResolverTable>(std::move(resolvers))),
      subscribers_(std::move(subscribers)),
      config_(std::move(config)),
      by_text_(config_.cache_bytes_max),
      by_hash_(config_.persisted_bytes_max) {}

Response Engine::Refuse(const std::vector<GraphQLError>& errors) {
  Response response;
  response.body = "{";
  AppendErrors(errors, &response.body);
  response.body += '}';
  return response;
}

Preparation Engine::PrepareNew(std::string_view text) const {
  Parsed parsed = Parse(std::string(text), config_.parse);
  if (!parsed.ok()) {
    const bool limit = !parsed.error->extensions.empty();
    return {nullptr, {*parsed.error}, limit ? RefusalKind::kLimit : RefusalKind::kSyntax};
  }
  if (std::optional<GraphQLError> error = CheckLimits(*parsed.document, config_.document)) return {nullptr, {*error}, RefusalKind::kLimit};
  std::vector<GraphQLError> errors = Validate(*schema_, *parsed.document, config_.validate);
  if (!errors.empty()) return {nullptr, std::move(errors), RefusalKind::kValidation};
  return {std::make_shared<const Prepared>(schema_, resolvers_, std::move(parsed.document)), {}, {}};
}

Preparation Engine::Prepare(std::string_view text) {
  if (config_.only_registered) {
    const auto found = registered_.find(Sha256Hex(text));
    if (found != registered_.end()) return {found->second, {}, {}};
    GraphQLError error{"Only registered queries are answered here.", {}, {}, R"({"code":"QUERY_NOT_REGISTERED"})", {}};
    return {nullptr, {std::move(error)}, RefusalKind::kNotRegistered};
  }
  if (std::shared_ptr<const Prepared> cached = by_text_.Find(text)) return {std::move(cached), {}, {}};
  Preparation made = PrepareNew(text);
  if (made.ok()) by_text_.Insert(text, made.prepared, made.prepared->bytes());
  return made;
}

Preparation Engine::FindPersisted(std::string_view hash) {
  const auto found = registered_.find(std::string(hash));
  if (found != registered_.end()) return {found->second, {}, {}};
  if (std::shared_ptr<const Prepared> kept = by_hash_.Find(hash)) return {std::move(kept), {}, {}};
  GraphQLError error{"PersistedQueryNotFound", {}, {}, R"({"code":"PERSISTED_QUERY_NOT_FOUND"})", {}};
  return {nullptr, {std::move(error)}, RefusalKind::kNotFound};
}

Preparation Engine::Persist(std::string_view hash, std::string_view text) {
  Preparation made = Prepare(text);
  if (made.ok() && !config_.only_registered) by_hash_.Insert(hash, made.prepared, made.prepared->bytes());
  return made;
}

Result<std::string> Engine::Register(std::string_view text) {
  Preparation made = PrepareNew(text);
  if (!made.ok()) return MakeError(ErrorCode::kInvalidArgument, "The query can't be registered: " + made.errors[0].message);
  std::string hash = Sha256Hex(text);
  registered_[hash] = std::move(made.prepared);
  return hash;
}

std::optional<Response> Engine::Begin(const Request& request, Execution::Input* input) const {
  const auto found = request.prepared->FindOperation(request.operation_name);
  if (const auto* error = std::get_if<GraphQLError>(&found)) return Refuse({*error});
  const ast::Operation& operation = *std::get<const ast::Operation*>(found);
  const ast::Document& document = request.prepared->document();
  if (schema_->Root(operation.type) == nullptr) {
    return Refuse({{"Schema is not configured to execute " + std::string(ToString(operation.type)) + " operation.",
                    {LocationAt(document.source, operation.offset)}, {}, {}, {}}});
  }
  input->arena = request.arena ? request.arena : std::make_shared<Arena>();
  const std::vector<GraphQLError> errors =
      CoerceVariables(*schema_, document, operation, request.variables, input->arena.get(), &input->variables);
  if (!errors.empty()) return Refuse(errors);
  if (const auto error = CheckCost(*schema_, document, operation, input->variables, config_.cost, nullptr)) return Refuse({*error});
  input->owner = request.prepared;
  input->schema = schema_.get();
  input->document = &document;
  input->operation = &operation;
  input->plan = request.prepared->PlanOf(operation, input->variables);
  input->root = request.root;
  input->context = request.context;
  input->expired = request.expired;
  return std::nullopt;
}

void Engine::Execute(Request request, Execution::Done done) const {
  Execution::Input input;
  if (std::optional<Response> refusal = Begin(request, &input)) return done(std::move(*refusal));
  if (input.operation->type == ast::OperationType::kSubscription) {
    return done(Refuse({{"A subscription is not executed but subscribed to.", {}, {}, {}, {}}}));
  }
  std::make_shared<Execution>(std::move(input), std::move(done))->Start();
}

std::variant<std::shared_ptr<Subscription>, Response> Engine::Subscribe(Request request, SubscriptionClient client) const {
  Execution::Input input;
  if (std::optional<Response> refusal = Begin(request, &input)) return std::move(*refusal);
  if (input.operation->type != ast::OperationType::kSubscription) {
    return Refuse({{"Only a subscription can be subscribed to.", {}, {}, {}, {}}});
  }
  return Subscription::Start(std::move(input), subscribers_, std::move(client));
}

}  // namespace souk::graphql
