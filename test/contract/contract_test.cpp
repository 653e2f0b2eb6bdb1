#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <fstream>
#include <set>
#include <sstream>

#include "test/contract/breaking.hpp"
#include "tools/topics/topics_file.hpp"

namespace souk::contract {
namespace {

using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorSet;

constexpr const char* kBaseline = "test/contract/baseline.binpb";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

FileDescriptorSet Parse(const std::string& bytes) {
  FileDescriptorSet set;
  EXPECT_TRUE(set.ParseFromString(bytes));
  return set;
}

FileDescriptorSet Current() { return Parse(ReadFile(SOUK_DESCRIPTORS)); }

// Refreshing the baseline is a decision: SOUK_TEST_UPDATE_BASELINE=1 ./souk test contract_test, then commit the file.
TEST(ContractTest, NoChangeBreaksAnOldReaderOrWriter) {
  if (std::getenv("SOUK_TEST_UPDATE_BASELINE") != nullptr) {
    FileDescriptorSet set = Current();
    for (auto& file : *set.mutable_file()) file.clear_source_code_info();
    std::ofstream(kBaseline, std::ios::binary) << set.SerializeAsString();
  }
  EXPECT_THAT(BreakingChanges(Parse(ReadFile(kBaseline)), Current()), testing::IsEmpty())
      << "an old program would misread this; see 'How to make a v2 of a contract' in CONTRIBUTING.md";
}

google::protobuf::DescriptorProto* Message(FileDescriptorSet& set, const std::string& name) {
  for (auto& file : *set.mutable_file()) {
    for (auto& message : *file.mutable_message_type()) {
      if (message.name() == name) return &message;
    }
  }
  return nullptr;
}

TEST(ContractTest, EveryKindOfBreakIsFound) {
  const FileDescriptorSet before = Current();
  const auto breaks_after = [&](const std::function<void(google::protobuf::DescriptorProto&)>& change) {
    FileDescriptorSet after = before;
    change(*Message(after, "OrderLine"));
    return BreakingChanges(before, after);
  };
  using testing::ElementsAre;
  using testing::HasSubstr;
  EXPECT_THAT(breaks_after([](auto& m) { m.mutable_field()->RemoveLast(); }), ElementsAre(HasSubstr("unit_price is gone")));
  EXPECT_THAT(breaks_after([](auto& m) { m.mutable_field(1)->set_type(FieldDescriptorProto::TYPE_STRING); }), ElementsAre(HasSubstr("another type")));
  EXPECT_THAT(breaks_after([](auto& m) { m.mutable_field(1)->set_name("units"); }), ElementsAre(HasSubstr("renamed")));
  EXPECT_THAT(breaks_after([](auto& m) { m.mutable_field(1)->set_number(9); }), ElementsAre(HasSubstr("quantity is gone")));
  EXPECT_THAT(breaks_after([](auto& m) { m.mutable_field(1)->set_label(FieldDescriptorProto::LABEL_REPEATED); }), ElementsAre(HasSubstr("cardinality")));
  EXPECT_THAT(breaks_after([](auto& m) {
                m.mutable_field()->RemoveLast();
                m.add_reserved_name("unit_price");
                auto* range = m.add_reserved_range();
                range->set_start(3);
                range->set_end(4);
              }),
              testing::IsEmpty());
  EXPECT_THAT(breaks_after([](auto& m) {
                auto* field = m.add_field();
                field->set_name("gift");
                field->set_number(4);
              }),
              testing::IsEmpty());
}

TEST(ContractTest, EveryMessageAndFieldOfTheContractsHasASentenceOrAPlainName) {
  FileDescriptorSet set = Current();
  for (const auto& file : set.file()) {
    if (file.package().rfind("souk.", 0) != 0 || file.package() == "souk.testing.v1") continue;
    std::set<std::string> documented;
    for (const auto& location : file.source_code_info().location()) {
      if (location.path_size() == 2 && location.path(0) == 4 && !location.leading_comments().empty()) {
        documented.insert(file.message_type(location.path(1)).name());
      }
    }
    for (const auto& message : file.message_type()) {
      const bool plain = message.name().ends_with("Request") || message.name().ends_with("Response") || message.name().ends_with("Line");
      EXPECT_TRUE(plain || documented.contains(message.name())) << file.name() << ": " << message.name() << " has no sentence";
    }
  }
}

TEST(TopicsTest, DeclaredMessagesExistAndEveryEventAndCommandIsDeclaredOnce) {
  const auto topics = topics::LoadTopics("deploy/kafka/topics.yaml");
  ASSERT_TRUE(topics.ok()) << topics.error().message;
  std::set<std::string> known;
  const FileDescriptorSet set = Current();
  for (const auto& file : set.file()) {
    const bool carries = file.name().ends_with("_events.proto") || file.name().ends_with("_commands.proto");
    for (const auto& message : file.message_type()) {
      if (carries && !message.name().ends_with("Line")) known.insert(file.package() + "." + message.name());
    }
  }
  std::set<std::string> declared;
  for (const auto& topic : topics->topics) {
    for (const std::string& message : topic.messages) {
      EXPECT_TRUE(known.contains(message)) << topic.name << " declares " << message << ", which is in no *_events.proto or *_commands.proto";
      EXPECT_TRUE(declared.insert(message).second) << message << " is declared twice";
    }
  }
  for (const std::string& message : known) EXPECT_TRUE(declared.contains(message)) << message << " is on no topic";
}

}  // namespace
}  // namespace souk::contract
