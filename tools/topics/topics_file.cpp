#include "tools/topics/topics_file.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

#include "libs/kafka/dead_letter.hpp"

namespace souk::topics {
namespace {

struct Defaults {
  int partitions = 1;
  std::string retention = "7d";
};

Result<void> CheckKeys(const YAML::Node& node, const std::string& where, const std::set<std::string>& known) {
  if (!node.IsMap()) return InvalidArgument(where, "is not a mapping");
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    if (!known.contains(key)) return InvalidArgument(where + "." + key, "is not a known key");
  }
  return {};
}

Result<Defaults> ParseDefaults(const YAML::Node& node, const std::string& where) {
  Defaults defaults;
  if (!node) return defaults;
  SOUK_RETURN_IF_ERROR(CheckKeys(node, where, {"partitions", "retention"}));
  defaults.partitions = node["partitions"].as<int>(defaults.partitions);
  defaults.retention = node["retention"].as<std::string>(defaults.retention);
  return defaults;
}

Result<std::vector<std::string>> ParseList(const YAML::Node& node, const std::string& where) {
  if (!node || !node.IsSequence() || node.size() == 0) return InvalidArgument(where, "is not a list with entries");
  return node.as<std::vector<std::string>>();
}

/// Words of lower-case letters and hyphens that start with a letter, separated by dots.
std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, '.');) words.push_back(word);
  return words;
}

bool IsWord(const std::string& word) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  return !word.empty() && word.front() != '-' && std::all_of(word.begin(), word.end(), allowed);
}

bool IsVersion(const std::string& word) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return word.size() > 1 && word[0] == 'v' && word[1] != '0' && std::all_of(word.begin() + 1, word.end(), digit);
}

bool IsTopicName(const std::string& name) {
  const std::vector<std::string> words = Words(name);
  return words.size() == 4 && IsWord(words[0]) && IsWord(words[1]) &&
         (words[2] == "events" || words[2] == "commands") && IsVersion(words[3]);
}

bool IsGroupName(const std::string& name) {
  const std::vector<std::string> words = Words(name);
  return words.size() == 2 && IsWord(words[0]) && IsWord(words[1]);
}

Result<void> CheckTopic(const Topic& topic) {
  if (!IsTopicName(topic.name)) {
    return InvalidArgument(topic.name, "is not of the form <domain>.<aggregate>.<events|commands>.v<n>");
  }
  for (const std::string& one : topic.groups) {
    if (!IsGroupName(one)) return InvalidArgument(one, "is not of the form <service>.<purpose>");
  }
  if (topic.key.empty()) return InvalidArgument(topic.name + ".key", "is missing");
  if (topic.partitions < 1 || topic.partitions > 1000) {
    return InvalidArgument(topic.name + ".partitions", "is not in 1..1000");
  }
  return {};
}

Result<Topic> ParseTopic(const YAML::Node& node, const Defaults& defaults) {
  const std::string where = node.IsMap() && node["name"] ? node["name"].as<std::string>() : "topics";
  SOUK_RETURN_IF_ERROR(
      CheckKeys(node, where, {"name", "key", "partitions", "retention", "messages", "producers", "groups"}));
  Topic topic;
  topic.name = node["name"].as<std::string>("");
  topic.key = node["key"].as<std::string>("");
  topic.partitions = node["partitions"].as<int>(defaults.partitions);
  topic.retention = node["retention"].as<std::string>(defaults.retention);
  SOUK_ASSIGN_OR_RETURN(topic.messages, ParseList(node["messages"], where + ".messages"));
  SOUK_ASSIGN_OR_RETURN(topic.producers, ParseList(node["producers"], where + ".producers"));
  // Left out: said to whoever will listen.
  if (node["groups"]) {
    SOUK_ASSIGN_OR_RETURN(topic.groups, ParseList(node["groups"], where + ".groups"));
  }
  SOUK_RETURN_IF_ERROR(CheckTopic(topic));
  return topic;
}

std::vector<Topic> DeadLetters(const std::vector<Topic>& topics, const Defaults& defaults) {
  std::set<std::string> groups;
  for (const Topic& topic : topics) groups.insert(topic.groups.begin(), topic.groups.end());
  std::vector<Topic> letters;
  for (const std::string& group : groups) {
    letters.push_back({kafka::DeadLetterTopic(group), "as the record's", defaults.partitions, defaults.retention,
                       {}, {group}, {}});
    letters.push_back({kafka::RedriveTopic(group), "as the record's", defaults.partitions, defaults.retention, {}, {}, {group}});
  }
  return letters;
}

Result<TopicsFile> Parse(const YAML::Node& root) {
  SOUK_RETURN_IF_ERROR(CheckKeys(root, "topics.yaml", {"defaults", "dead_letters", "topics"}));
  SOUK_ASSIGN_OR_RETURN(const Defaults defaults, ParseDefaults(root["defaults"], "defaults"));
  SOUK_ASSIGN_OR_RETURN(const Defaults letters, ParseDefaults(root["dead_letters"], "dead_letters"));
  if (!root["topics"] || !root["topics"].IsSequence()) return InvalidArgument("topics", "is not a list");
  TopicsFile file;
  std::set<std::string> names;
  for (const YAML::Node& node : root["topics"]) {
    SOUK_ASSIGN_OR_RETURN(Topic topic, ParseTopic(node, defaults));
    if (!names.insert(topic.name).second) return InvalidArgument(topic.name, "is declared twice");
    file.topics.push_back(std::move(topic));
  }
  file.dead_letters = DeadLetters(file.topics, letters);
  return file;
}

/// "12h" or "7d" in milliseconds.
Result<std::int64_t> ParseRetention(const Topic& topic) {
  const std::string& text = topic.retention;
  std::int64_t count = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string unit(end, text.data() + text.size());
  if (code == std::errc() && count > 0 && unit == "h") return count * 3'600'000;
  if (code == std::errc() && count > 0 && unit == "d") return count * 86'400'000;
  return InvalidArgument(topic.name + ".retention", "is not like 12h, 7d or compact: " + text);
}

}  // namespace

Result<std::vector<kafka::TopicSpec>> TopicsFile::Specs(int replication, int min_isr) const {
  std::vector<Topic> all = topics;
  all.insert(all.end(), dead_letters.begin(), dead_letters.end());
  std::vector<kafka::TopicSpec> specs;
  for (const Topic& topic : all) {
    kafka::TopicSpec spec{topic.name, topic.partitions, replication, {}};
    if (topic.retention == "compact") {
      spec.config["cleanup.policy"] = "compact";
    } else {
      SOUK_ASSIGN_OR_RETURN(const std::int64_t ms, ParseRetention(topic));
      spec.config["retention.ms"] = std::to_string(ms);
    }
    if (min_isr > 0) spec.config["min.insync.replicas"] = std::to_string(min_isr);
    specs.push_back(std::move(spec));
  }
  return specs;
}

Result<TopicsFile> ParseTopics(const std::string& yaml) {
  try {
    return Parse(YAML::Load(yaml));
  } catch (const YAML::Exception& error) {
    return InvalidArgument("topics.yaml", error.what());
  }
}

Result<TopicsFile> LoadTopics(const std::string& path) {
  std::ifstream file(path);
  if (!file) return MakeError(ErrorCode::kNotFound, "can't read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return ParseTopics(text.str());
}

}  // namespace souk::topics
