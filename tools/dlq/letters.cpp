#include "tools/dlq/letters.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "libs/base/time.hpp"
#include "libs/kafka/dead_letter.hpp"

namespace souk::dlq {
namespace {

using nlohmann::json;

constexpr std::string_view kDecision = "dlq_decision";
constexpr std::string_view kOf = "dlq_decision_of";
constexpr std::string_view kSuffix = ".dlq";

std::int64_t ToNumber(std::string_view text) {
  std::int64_t number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string Hex(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kHex[static_cast<unsigned char>(c) >> 4];
    text += kHex[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string PlaceText(const kafka::Record& record) { return std::to_string(record.partition) + "/" + std::to_string(record.offset); }

/// Text for a terminal or JSON: bytes that are no printable ASCII become "?".
std::string Printable(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e; }, '?');
  return out;
}

Letter ToLetter(const std::string& group, const kafka::Record& record) {
  Letter letter;
  letter.group = group;
  letter.record = record;
  letter.origin = {std::string(record.HeaderValue("dlq_topic")), static_cast<int>(ToNumber(record.HeaderValue("dlq_partition"))),
                   ToNumber(record.HeaderValue("dlq_offset"))};
  letter.type = Printable(record.HeaderValue("ce_type"));
  letter.reason = Printable(record.HeaderValue("dlq_reason"));
  return letter;
}

}  // namespace

std::string Letter::id() const { return group + "/" + PlaceText(record); }

std::vector<Letter> Fold(const std::string& group, const std::vector<kafka::Record>& records) {
  std::vector<Letter> letters;
  std::map<std::string, std::size_t> by_place;
  std::map<kafka::Place, std::size_t> newest;  // of one origin
  std::map<kafka::Place, std::string> dropped;
  for (const kafka::Record& record : records) {
    const std::string_view decision = record.HeaderValue(kDecision);
    if (!decision.empty()) {
      const auto found = by_place.find(std::string(record.HeaderValue(kOf)));
      if (found == by_place.end()) continue;
      letters[found->second].decision = decision;
      if (decision == "drop") dropped[letters[found->second].origin] = letters[found->second].id();
      letters[found->second].decided = Printable(record.HeaderValue("dlq_decision_by")) + " at " + Printable(record.HeaderValue("dlq_decision_at")) +
                                       ": " + Printable(record.HeaderValue("dlq_decision_note"));
      continue;
    }
    Letter letter = ToLetter(group, record);
    // A batch that came again leaves a second letter of the same record.
    if (const auto before = newest.find(letter.origin); before != newest.end() && letters[before->second].decision.empty()) {
      letters[before->second].decision = "repeated";
      letters[before->second].decided = "by " + letter.id();
      // The reason of the first is the real one where the later only follows itself.
      if (letter.reason.starts_with("FOLLOWS")) letter.reason = letters[before->second].reason;
    }
    if (const auto before = dropped.find(letter.origin); before != dropped.end()) {  // read again by a replay
      letter.decision = "repeated";
      letter.decided = "of " + before->second + ", which was dropped";
    }
    newest[letter.origin] = letters.size();
    by_place[PlaceText(record)] = letters.size();
    letters.push_back(std::move(letter));
  }
  return letters;
}

bool Matches(const Letter& letter, const Filter& filter) {
  if (!filter.closed_too && !letter.decision.empty()) return false;
  if (!filter.group.empty() && filter.group != letter.group) return false;
  if (!filter.topic.empty() && filter.topic != letter.origin.topic) return false;
  if (!filter.key.empty() && filter.key != letter.record.key) return false;
  if (!filter.reason.empty() && letter.reason.find(filter.reason) == std::string::npos) return false;
  return filter.ids.empty() || std::find(filter.ids.begin(), filter.ids.end(), letter.id()) != filter.ids.end();
}

std::string Payload(const Letter& letter) {
  const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(letter.type);
  if (type != nullptr) {
    const std::unique_ptr<google::protobuf::Message> message(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
    std::string text;
    if (message->ParseFromString(letter.record.value) && google::protobuf::util::MessageToJsonString(*message, &text).ok()) return text;
  }
  return json{{"undecodable", Hex(letter.record.value)}, {"bytes", letter.record.value.size()}}.dump();
}

std::string Describe(const Letter& letter) {
  json headers = json::object();
  for (const kafka::Header& header : letter.record.headers) {
    if (!std::string_view(header.key).starts_with("dlq_")) headers[Printable(header.key)] = Printable(header.value);
  }
  return json{{"id", letter.id()},
              {"group", letter.group},
              {"parked_at", FormatTime(FromUnixMicros(letter.record.timestamp_ms * 1000))},
              {"reason", letter.reason},
              {"attempts", Printable(letter.record.HeaderValue("dlq_attempts"))},
              {"topic", letter.origin.topic},
              {"partition", letter.origin.partition},
              {"offset", letter.origin.offset},
              {"key", Printable(letter.record.key)},
              {"type", letter.type},
              {"trace", Printable(letter.record.HeaderValue("traceparent"))},
              {"headers", headers},
              {"payload", json::parse(Payload(letter), nullptr, false)},
              {"decision", letter.decision},
              {"decided", letter.decided}}
      .dump(2);
}

kafka::Record DecisionRecord(const Letter& letter, const std::string& decision, const Operator& by, SystemTime at) {
  kafka::Record record;
  record.topic = kafka::DeadLetterTopic(letter.group);
  record.key = letter.record.key;
  record.headers = {{std::string(kDecision), decision},
                    {std::string(kOf), PlaceText(letter.record)},
                    {"dlq_decision_by", by.who},
                    {"dlq_decision_note", by.note},
                    {"dlq_decision_at", FormatTime(at)}};
  return record;
}

Result<std::vector<std::string>> Groups(kafka::Admin& admin) {
  SOUK_ASSIGN_OR_RETURN(const std::vector<kafka::TopicState> topics, admin.ListTopics());
  std::set<std::string> groups;
  for (const kafka::TopicState& topic : topics) {
    if (topic.name.ends_with(kSuffix)) groups.insert(topic.name.substr(0, topic.name.size() - kSuffix.size()));
  }
  return std::vector<std::string>(groups.begin(), groups.end());
}

Result<std::vector<Letter>> Read(const std::string& brokers, const std::vector<std::string>& groups, const Filter& filter) {
  std::vector<Letter> wanted;
  for (const std::string& group : groups) {
    if (!filter.group.empty() && filter.group != group) continue;
    std::vector<kafka::Record> records;
    const auto read = kafka::ReadAll(brokers, kafka::DeadLetterTopic(group), {}, [&](const kafka::Record& record) {
      records.push_back(record);
      return true;
    });
    if (!read.ok()) return read.error();
    for (Letter& letter : Fold(group, records)) {
      if (Matches(letter, filter)) wanted.push_back(std::move(letter));
    }
  }
  return wanted;
}

}  // namespace souk::dlq
