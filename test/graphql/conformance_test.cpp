// Are we what the reference implementation is? graphql-js (npm) judges a corpus and generated documents; for each the printed form or the
// syntax error, the set of validation errors by rule and place, and the response byte for byte must be the same. Skipped, with the reason, where
// Node or the package can't be had. What differs on purpose is listed in libs/graphql/README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "libs/graphql/engine.hpp"
#include "libs/graphql/json.hpp"
#include "libs/graphql/printer.hpp"

namespace souk::graphql {
namespace {

namespace fs = std::filesystem;
constexpr const char* kPackage = "graphql@16.15.0";
constexpr const char* kSources = "test/graphql/";
constexpr int kGenerated = 21'000;
constexpr int kDifferencesShown = 5;

/// Runs a shell command. Exit code and output.
std::pair<int, std::string> Shell(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {127, "popen failed"};
  std::array<char, 4096> buffer{};
  while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) output += buffer.data();
  return {pclose(pipe), output};
}

/// Empty and `folder` set, or why there is no reference implementation.
std::string Provide(fs::path* folder) {
  if (Shell("node -e 'process.exit(Number(process.versions.node.split(\".\")[0]) >= 14 ? 0 : 1)'").first != 0) {
    return "Node.js 14 or later is not installed";
  }
  *folder = fs::read_symlink("/proc/self/exe").parent_path() / "graphql-js";
  if (fs::exists(*folder / "node_modules/graphql/package.json")) return {};
  if (Shell("npm --version").first != 0) return "npm is not installed";
  const auto [failed, output] =
      Shell("timeout 120 npm install --no-audit --no-fund --silent --prefix '" + folder->string() + "' " + kPackage);
  return failed == 0 ? "" : "npm could not fetch " + std::string(kPackage) + ": " + output.substr(0, output.find('\n'));
}

std::string ReadFile(const fs::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// ---- The resolvers of oracle.js: each value is made of a hash of its parent's number, the field and the arguments.

std::uint32_t Mix(std::uint32_t number, std::string_view text) {
  std::uint32_t hash = number ^ 0x811c9dc5U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
  hash = (hash ^ hash >> 15) * 0x2c1b3c6dU;
  hash = (hash ^ hash >> 12) * 0x297a2d39U;
  return hash ^ hash >> 15;
}

void SetScalar(const NamedType& type, std::uint32_t hash, Slot slot) {
  switch (type.built_in) {
    case BuiltIn::kInt:
      if (hash % 41 == 2) return slot.Int(std::int64_t{hash} * 16);
      if (hash % 43 == 2) return slot.Float(hash % 100 + 0.5);
      return slot.Int(static_cast<std::int64_t>(hash % 2001) - 1000);
    case BuiltIn::kFloat:
      if (hash % 13 == 2) return slot.Float(hash * 1e15);
      return slot.Float(hash % 17 == 2 ? hash % 100 / 1e9 : hash % 100000 / 8.0);
    case BuiltIn::kString:
      if (hash % 19 == 2) return slot.Int(hash % 1000);
      if (hash % 7 == 2) return slot.String("\"é\\\n\U0001F600\x01" + std::to_string(hash % 100));
      return slot.String("s" + std::to_string(hash % 10000));
    case BuiltIn::kBoolean: return slot.Boolean(hash % 2 == 0);
    case BuiltIn::kId:
      if (hash % 5 == 2) return slot.Int(hash);
      return slot.String("id" + std::to_string(hash % 1000));
    case BuiltIn::kNone: break;
  }
  Arena arena;
  const std::string json = R"({"h":)" + std::to_string(hash % 1000) + R"(,"list":[true,null,1.5,"x"],"in":{}})";
  slot.Json(*ParseJson(json, &arena));
}

const NamedType* ChooseType(const NamedType& abstract, std::uint32_t hash) {
  std::vector<const NamedType*> types = abstract.possible;
  std::sort(types.begin(), types.end(), [](const NamedType* a, const NamedType* b) { return a->name < b->name; });
  return types[hash % types.size()];
}

void Make(const Type& given, std::uint32_t hash, const std::string& where, Slot slot) {
  if (given.IsNonNull() ? hash % 61 == 5 : hash % 11 == 5) return slot.Null();
  const Type& type = given.Nullable();
  if (hash % 67 == 6) return slot.Error("No luck with " + where + ".");
  if (type.IsList()) {
    slot.List(hash % 4);
    for (std::uint32_t i = 0; i < hash % 4; ++i) Make(*type.inner, Mix(hash, std::to_string(i)), where, slot.Item(i));
    return;
  }
  const NamedType& named = *type.named;
  if (named.kind == TypeKind::kEnum) return slot.StaticString(hash % 29 == 3 ? "NOPE" : named.values[hash % named.values.size()].name);
  if (named.kind == TypeKind::kScalar) return SetScalar(named, hash, slot);
  slot.Set({nullptr, hash, named.IsAbstract() ? ChooseType(named, hash) : nullptr});
}

void Resolve(Batch& batch) {
  std::string arguments;
  AppendJson(Value::Members(batch.arguments()), &arguments);
  const Field& field = batch.field();
  const std::string where = std::string(field.parent->name) + "." + std::string(field.name);
  const std::string seed = std::string(field.name) + (arguments == "{}" ? "" : arguments);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (field.name.starts_with("echo")) {
      batch[i].String(arguments);
    } else {
      Make(*field.type, Mix(static_cast<std::uint32_t>(batch.Parent(i).number), seed), where, batch[i]);
    }
  }
}

std::shared_ptr<Engine> MakeEngine() {
  const BuiltSchema built = Schema::Build(ReadFile(std::string(kSources) + "schema.graphql"));
  if (!built.errors.empty()) return nullptr;
  Resolvers resolvers;
  for (const NamedType* type : built.schema->types()) {
    if (type->kind == TypeKind::kObject && !type->name.starts_with("__")) resolvers.Type(type->name, Resolve);
  }
  Subscribers subscribers;
  for (const Field& field : built.schema->Root(ast::OperationType::kSubscription)->fields) {
    subscribers[std::string(field.name)] = [](const SubscribeCall&, const std::shared_ptr<EventSink>&) -> Result<std::function<void()>> {
      return MakeError(ErrorCode::kUnimplemented, "not subscribed here");
    };
  }
  EngineConfig config;
  config.parse = ParseLimits::Trusted();
  config.document = DocumentLimits::None();
  config.cost.cost_max = UINT64_MAX;
  config.validate.errors_max = 100'000;
  config.cache_bytes_max = 0;
  return Engine::Create(built.schema, resolvers, subscribers, config).value();
}

// ---- The comparison

std::string Places(const GraphQLError& error) {
  std::string out;
  for (const Location& at : error.locations) out += " " + std::to_string(at.line) + ":" + std::to_string(at.column);
  return out;
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "; ") + part;
  return out;
}

/// The reference's errors; where something is not executable only that counts, as we look no further.
std::string ExpectedErrors(const Value& line) {
  std::vector<std::string> all;
  std::vector<std::string> not_executable;
  for (const Value& error : line.Find("errors")->AsList()) {
    all.emplace_back(error.AsText());
    if (error.AsText().starts_with("ExecutableDefinitions")) not_executable.emplace_back(error.AsText());
  }
  return Joined(not_executable.empty() ? all : not_executable);
}

class Comparison {
 public:
  explicit Comparison(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

  void Compare(const std::string& text) {
    Arena arena;
    const std::optional<Value> line = ParseJson(text, &arena);
    ASSERT_TRUE(line.has_value()) << text;
    ++count_["documents"];
    if (line->Find("crash") != nullptr) {
      ++count_["on which the reference throws"];
      return;
    }
    const std::string document(line->Find("document")->AsText());
    const Parsed parsed = Parse(document, ParseLimits::Trusted());
    const std::string syntax = parsed.ok() ? "" : parsed.error->message + Places(*parsed.error);
    if (Differs("syntax", document, line->Find("syntax")->AsText(), syntax) || !parsed.ok()) return;
    if (Differs("printed", document, line->Find("printed")->AsText(), Print(*parsed.document))) return;
    std::vector<std::string> errors;
    for (const GraphQLError& error : Validate(engine_->schema(), *parsed.document, engine_->config().validate)) {
      errors.push_back((error.rule.empty() ? error.message : error.rule) + Places(error));
    }
    std::sort(errors.begin(), errors.end());
    if (Differs("errors", document, ExpectedErrors(*line), Joined(errors)) || !errors.empty()) return;
    if (!line->Find("result")->IsNull()) CompareResult(*line, document);
  }

  const std::map<std::string, int>& count() const { return count_; }
  int differences() const { return differences_; }

 private:
  void CompareResult(const Value& line, const std::string& document) {
    Request request;
    request.prepared = engine_->Prepare(document).prepared;
    request.operation_name = line.Find("operation")->AsText();
    request.arena = std::make_shared<Arena>();
    request.variables = ParseJson(line.Find("variables")->AsText(), request.arena.get()).value_or(Value());
    request.root.number = 1;
    std::string body;
    engine_->Execute(std::move(request), [&](Response response) { body = std::move(response.body); });
    Differs("result", document + "\n" + std::string(line.Find("variables")->AsText()), line.Find("result")->AsText(), body);
  }

  bool Differs(const std::string& what, const std::string& document, std::string_view expected, const std::string& actual) {
    ++count_[what];
    if (expected == actual) return false;
    ++count_[what + " that differ"];
    if (++differences_ <= kDifferencesShown) ADD_FAILURE() << what << " of\n" << document << "\nis\n" << actual << "\nnot\n" << expected;
    return true;
  }

  std::shared_ptr<Engine> engine_;
  std::map<std::string, int> count_;
  int differences_ = 0;
};

TEST(GraphqlConformanceTest, AgreesWithTheReferenceImplementation) {
  fs::path folder;
  if (const std::string reason = Provide(&folder); !reason.empty()) GTEST_SKIP() << reason;
  const std::shared_ptr<Engine> engine = MakeEngine();
  ASSERT_NE(engine, nullptr);
  const char* seed = std::getenv("SOUK_TEST_SEED");
  const fs::path told = folder / ("told-" + std::to_string(getpid()) + ".jsonl");
  const std::string sources = kSources;
  const auto [failed, output] = Shell("node " + sources + "oracle.js '" + folder.string() + "' " + sources + "schema.graphql " + sources +
                                    "corpus.graphql " + (seed == nullptr ? "1" : seed) + " " + std::to_string(kGenerated) + " '" + told.string() + "'");
  ASSERT_EQ(failed, 0) << output;
  Comparison comparison(engine);
  std::ifstream lines(told);
  for (std::string line; std::getline(lines, line);) comparison.Compare(line);
  fs::remove(told);
  for (const auto& [what, count] : comparison.count()) std::printf("%d %s\n", count, what.c_str());
  EXPECT_GE(comparison.count().at("documents"), kGenerated);
  EXPECT_EQ(comparison.differences(), 0);
}

}  // namespace
}  // namespace souk::graphql
