#include "libs/graphql/validate.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace souk::graphql {
namespace {

// The schema of the specification's examples (5, "Validation").
const Schema& Pets() {
  static const std::shared_ptr<const Schema> schema = Schema::Build(R"(
    type Query { dog: Dog findDog(searchBy: FindDogInput): Dog arguments: Arguments catOrDog: CatOrDog human: Human pet: Pet
                 booleanList(booleanListArg: [Boolean!]): Boolean }
    type Subscription { newMessage: Message disallowedSecondRootField: Boolean }
    type Message { body: String sender: String }
    enum DogCommand { SIT DOWN HEEL }
    type Dog implements Pet { name: String! nickname: String barkVolume: Int doesKnowCommand(dogCommand: DogCommand!): Boolean!
                              isHouseTrained(atOtherHomes: Boolean): Boolean! owner: Human }
    interface Sentient { name: String! }
    interface Pet { name: String! }
    type Alien implements Sentient { name: String! homePlanet: String }
    type Human implements Sentient { name: String! pets: [Pet!] }
    enum CatCommand { JUMP }
    type Cat implements Pet { name: String! nickname: String doesKnowCommand(catCommand: CatCommand!): Boolean! meowVolume: Int }
    union CatOrDog = Cat | Dog
    union DogOrHuman = Dog | Human
    union HumanOrAlien = Human | Alien
    input FindDogInput { name: String owner: String }
    input Complex { name: String! count: Int = 1 }
    input Either @oneOf { a: Int b: String }
    type Arguments { multipleRequirements(x: Int!, y: Int!): Int! booleanArgField(booleanArg: Boolean): Boolean
      floatArgField(floatArg: Float): Float intArgField(intArg: Int): Int nonNullBooleanArgField(nonNullBooleanArg: Boolean!): Boolean!
      booleanListArgField(booleanListArg: [Boolean]!): [Boolean] optionalNonNullBooleanArgField(optionalBooleanArg: Boolean! = false): Boolean!
      complexArg(complex: Complex): Int either(by: Either): Int }
  )").schema;
  return *schema;
}

/// "Rule line:column line:column; …" in order of rules.
std::string Check(const std::string& text, const ValidateOptions& options = {}) {
  const Parsed parsed = Parse(text, ParseLimits::Trusted());
  if (!parsed.ok()) return parsed.error->message;
  std::vector<std::string> found;
  for (const GraphQLError& error : Validate(Pets(), *parsed.document, options)) {
    std::string one = error.rule.empty() ? error.message : error.rule;
    for (const Location& at : error.locations) one += " " + std::to_string(at.line) + ":" + std::to_string(at.column);
    found.push_back(one);
  }
  std::sort(found.begin(), found.end());
  std::string out;
  for (const std::string& one : found) out += (out.empty() ? "" : "; ") + one;
  return out;
}

TEST(GraphqlValidateTest, AcceptsTheSpecificationsValidExamples) {
  for (const char* text : {
           "query getDogName { dog { name } } query getOwnerName { dog { owner { name } } }",
           "subscription sub { newMessage { body sender } }",
           "subscription sub { ...f } fragment f on Subscription { newMessage { body sender } }",
           "{ pet { name ... on Cat { nickname } } catOrDog { __typename ... on Dog { name } } }",
           "{ dog { name name otherName: name } }",
           "{ dog { doesKnowCommand(dogCommand: SIT) doesKnowCommand(dogCommand: SIT) } }",
           "{ pet { ... on Dog { volume: barkVolume } ... on Cat { volume: meowVolume } } }",
           "{ arguments { multipleRequirements(y: 1, x: 2) booleanArgField floatArgField(floatArg: 1) } }",
           "{ dog { ...dogFragment } } fragment dogFragment on Dog { ... on Pet { ... on CatOrDog { ... on Dog { barkVolume } } } }",
           "query q($a: Boolean) { arguments { booleanArgField(booleanArg: $a) } }",
           "query q($a: Boolean! = true, $l: [Boolean]!) { arguments { nonNullBooleanArgField(nonNullBooleanArg: $a) booleanListArgField(booleanListArg: $l) } }",
           "query q($a: Boolean) { arguments { optionalNonNullBooleanArgField(optionalBooleanArg: $a) } }",
           "query q($a: Boolean) { ...f } fragment f on Query { dog { isHouseTrained(atOtherHomes: $a) } }",
           "{ findDog(searchBy: {name: \"Fido\"}) { name } booleanList(booleanListArg: true) }",
           "query q($foo: Boolean = true) { dog @skip(if: $foo) { name } dog @include(if: $foo) { nickname } }",
           "{ arguments { either(by: {a: 1}) complexArg(complex: {name: \"x\"}) } }",
       }) {
    EXPECT_EQ(Check(text), "") << text;
  }
}

TEST(GraphqlValidateTest, NamesTheRuleAndThePlaceOfEachFault) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"{ dog { name } } extend type Dog { color: String }", "ExecutableDefinitions 1:18"},
      {"query a { dog { name } } mutation a { b }", "UniqueOperationNames 1:7 1:35"},
      {"{ dog { name } } query b { dog { name } }", "LoneAnonymousOperation 1:1"},
      {"subscription { newMessage { body } disallowedSecondRootField }", "SingleFieldSubscriptions 1:36"},
      {"subscription { __typename }", "SingleFieldSubscriptions 1:16"},
      {"{ dog { meowVolume } pet { nickname } }", "FieldsOnCorrectType 1:28; FieldsOnCorrectType 1:9"},
      {"{ catOrDog { name } }", "FieldsOnCorrectType 1:14"},
      {"{ dog { name: nickname name } }", "OverlappingFieldsCanBeMerged 1:9 1:24"},
      {"{ dog { doesKnowCommand(dogCommand: SIT) doesKnowCommand(dogCommand: HEEL) } }", "OverlappingFieldsCanBeMerged 1:9 1:42"},
      {"{ pet { ... on Dog { x: nickname } ... on Cat { x: meowVolume } } }", "OverlappingFieldsCanBeMerged 1:22 1:49"},
      {"{ a: dog { x: name } ...f } fragment f on Query { a: dog { x: nickname } }", "OverlappingFieldsCanBeMerged 1:3 1:12 1:51 1:60"},
      {"{ dog { barkVolume { sinceWhen } owner } }", "ScalarLeafs 1:20; ScalarLeafs 1:34"},
      {"{ dog { doesKnowCommand(command: SIT) } }", "KnownArgumentNames 1:25; ProvidedRequiredArguments 1:9"},
      {"{ dog { name @include(unless: false) } }", "KnownArgumentNames 1:23; ProvidedRequiredArguments 1:14"},
      {"{ dog { isHouseTrained(atOtherHomes: true, atOtherHomes: true) } }", "UniqueArgumentNames 1:24 1:44"},
      {"{ dog { ...f } } fragment f on Dog { name } fragment f on Dog { name }", "UniqueFragmentNames 1:27 1:54"},
      {"{ dog { ...f ... on Nope { a } } } fragment f on Int { a }", "FragmentsOnCompositeTypes 1:50; KnownTypeNames 1:21"},
      {"{ dog { name ...undefined } } fragment unused on Dog { name }", "KnownFragmentNames 1:17; NoUnusedFragments 1:31"},
      {"{ dog { ...a } } fragment a on Dog { ...b } fragment b on Dog { ...a }", "NoFragmentCycles 1:38 1:65"},
      {"{ dog { ... on Cat { meowVolume } ...h } } fragment h on HumanOrAlien { ... on Human { name } }",
       "PossibleFragmentSpreads 1:35; PossibleFragmentSpreads 1:9"},
      {"{ arguments { intArgField(intArg: \"x\") complexArg(complex: {count: null, nope: 1}) } }",
       "ValuesOfCorrectType 1:35; ValuesOfCorrectType 1:60; ValuesOfCorrectType 1:74"},
      {"{ arguments { intArgField(intArg: 2147483648) either(by: {a: 1, b: null}) } }", "ValuesOfCorrectType 1:35; ValuesOfCorrectType 1:58"},
      {"query q($x: Int = 1.5, $y: Complex = {name: null}) { arguments { complexArg(complex: $y) intArgField(intArg: $x) } }",
       "ValuesOfCorrectType 1:19; ValuesOfCorrectType 1:45"},
      {"{ findDog(searchBy: {name: \"a\", name: \"b\"}) { name } }", "UniqueInputFieldNames 1:22 1:33"},
      {"query @skip(if: true) { dog { name @nope } }", "KnownDirectives 1:36; KnownDirectives 1:7"},
      {"query q($f: Boolean!) { dog @skip(if: $f) @skip(if: $f) { name } }", "UniqueDirectivesPerLocation 1:29 1:43"},
      {"query q($a: Boolean, $a: Boolean) { dog { isHouseTrained(atOtherHomes: $a) } }", "UniqueVariableNames 1:10 1:23"},
      {"query q($a: Dog, $b: [Pet!]!) { dog { isHouseTrained(atOtherHomes: $a) name @skip(if: $b) } }",
       "VariablesAreInputTypes 1:13; VariablesAreInputTypes 1:22; VariablesInAllowedPosition 1:18 1:87; VariablesInAllowedPosition 1:9 1:68"},
      {"query q { dog { ...f } } fragment f on Dog { isHouseTrained(atOtherHomes: $a) }", "NoUndefinedVariables 1:75 1:1"},
      {"query q($a: Int) { dog { name } }", "NoUnusedVariables 1:9"},
      {"query q($a: Boolean) { arguments { nonNullBooleanArgField(nonNullBooleanArg: $a) } }", "VariablesInAllowedPosition 1:9 1:78"},
      {"query q($l: [Boolean]) { arguments { booleanListArgField(booleanListArg: $l) } }", "VariablesInAllowedPosition 1:9 1:74"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Check(text), expected) << text;
}

TEST(GraphqlValidateTest, RefusesIntrospectionWhereItIsSwitchedOff) {
  ValidateOptions options;
  options.introspection = false;
  EXPECT_EQ(Check("{ __typename __schema { description } __type(name: \"Dog\") { name } }", options), "NoIntrospection 1:14; NoIntrospection 1:39");
}

TEST(GraphqlValidateTest, StopsAtItsBounds) {
  std::string many = "{";
  for (int i = 0; i < 300; ++i) many += " a" + std::to_string(i);
  const Parsed parsed = Parse(many + "}");
  EXPECT_EQ(Validate(Pets(), *parsed.document).size(), 101U);

  // Each level doubles the pairs below it.
  std::string deep;
  for (int i = 0; i < 60; ++i) deep += "owner { pets { ... on Dog { ";
  std::string twice = "{ dog { " + deep + "name";
  for (int i = 0; i < 60; ++i) twice += "} } }";
  twice += deep + "name";
  for (int i = 0; i < 60; ++i) twice += "} } }";
  EXPECT_EQ(Check(twice + "} }"), "");

  std::string bomb = "{ dog { ...F0 } }";
  for (int i = 0; i < 25; ++i) {
    const std::string next = i == 24 ? "name" : "...F" + std::to_string(i + 1);
    bomb += " fragment F" + std::to_string(i) + " on Dog { owner { pets { ... on Dog { " + next + " } } } owner { pets { ... on Dog { " + next + " } } } }";
  }
  const std::string verdict = Check(bomb);
  EXPECT_TRUE(verdict.empty() || verdict.find("limit \"comparisons\"") != std::string::npos) << verdict;
}

}  // namespace
}  // namespace souk::graphql
