#include "tools/topics/commands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>

#include "libs/kafka/admin.hpp"
#include "tools/topics/topics_file.hpp"

namespace souk::topics {
namespace {

using kafka::TopicOutcome;

int Fail(const Error& error, int code) {
  fmt::print(stderr, "souk-topics: {}\n", error.message);
  return code;
}

Result<std::vector<TopicOutcome>> Run(const Options& options, const std::vector<kafka::TopicSpec>& specs,
                                      bool dry_run) {
  const auto timeout = std::chrono::seconds(options.wait_seconds);
  SOUK_ASSIGN_OR_RETURN(const std::unique_ptr<kafka::Admin> admin, kafka::Admin::Create(options.brokers, timeout));
  return admin->CreateTopics(specs, dry_run);
}

int CreateOrCheck(const Options& options, bool dry_run) {
  const Result<TopicsFile> file = LoadTopics(options.file);
  if (!file.ok()) return Fail(file.error(), 2);
  const auto specs = file->Specs(options.replication, options.min_isr);
  if (!specs.ok()) return Fail(specs.error(), 2);
  const auto outcomes = Run(options, *specs, dry_run);
  if (!outcomes.ok()) {
    return Fail(MakeError(outcomes.error().code, "Kafka at " + options.brokers + ": " + outcomes.error().message), 1);
  }
  int bad = 0;
  int changed = 0;
  for (const TopicOutcome& outcome : *outcomes) {
    switch (outcome.kind) {
      case TopicOutcome::Kind::kUnchanged: break;
      case TopicOutcome::Kind::kCreated:
        fmt::print("{} {}\n", dry_run ? "missing" : "created", outcome.name);
        ++changed;
        break;
      case TopicOutcome::Kind::kGrown:
        fmt::print("{} {}: {}\n", dry_run ? "too small" : "grown", outcome.name, outcome.detail);
        ++changed;
        break;
      case TopicOutcome::Kind::kDiffers:
        fmt::print("differs {}: {}\n", outcome.name, outcome.detail);
        bad += dry_run ? 1 : 0;
        break;
      case TopicOutcome::Kind::kFailed:
        fmt::print("failed {}: {}\n", outcome.name, outcome.detail);
        ++bad;
        break;
    }
  }
  fmt::print("{} topics, {} {}, {} wrong\n", outcomes->size(), changed, dry_run ? "missing" : "changed", bad);
  return bad > 0 || (dry_run && changed > 0) ? 1 : 0;
}

}  // namespace

int Create(const Options& options) { return CreateOrCheck(options, false); }
int Check(const Options& options) { return CreateOrCheck(options, true); }

int List(const Options& options) {
  const Result<TopicsFile> file = LoadTopics(options.file);
  if (!file.ok()) return Fail(file.error(), 2);
  for (const Topic& topic : file->topics) {
    fmt::print("{}  partitions={} retention={} key=\"{}\"\n  from {}  to {}\n  {}\n", topic.name, topic.partitions,
               topic.retention, topic.key, fmt::join(topic.producers, ", "), fmt::join(topic.groups, ", "),
               fmt::join(topic.messages, "\n  "));
  }
  for (const Topic& letter : file->dead_letters) {
    fmt::print("{}  partitions={} retention={}\n", letter.name, letter.partitions, letter.retention);
  }
  return 0;
}

}  // namespace souk::topics
