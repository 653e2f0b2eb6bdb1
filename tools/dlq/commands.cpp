#include "tools/dlq/commands.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <thread>

#include "libs/base/time.hpp"
#include "libs/kafka/dead_letter.hpp"
#include "libs/kafka/producer.hpp"

namespace souk::dlq {
namespace {

constexpr int kRoundsMax = 10;
constexpr std::chrono::milliseconds kLook{200};

int Fail(const Error& error, int code = 1) {
  fmt::print(stderr, "souk dlq: {}\n", error.message);
  return code;
}

/// What a command works with, opened once.
struct Desk {
  std::unique_ptr<kafka::Admin> admin;
  std::unique_ptr<kafka::Producer> producer;
  std::vector<std::string> groups;
};

Result<Desk> Open(const Options& options) {
  Desk desk;
  SOUK_ASSIGN_OR_RETURN(desk.admin, kafka::Admin::Create(options.brokers));
  SOUK_ASSIGN_OR_RETURN(desk.producer, kafka::Producer::Create({.brokers = options.brokers, .client_id = "souk-dlq"}));
  SOUK_ASSIGN_OR_RETURN(desk.groups, Groups(*desk.admin));
  return desk;
}

Result<std::vector<Letter>> Find(const Options& options, const Desk& desk) {
  if (!options.filter.group.empty() && std::find(desk.groups.begin(), desk.groups.end(), options.filter.group) == desk.groups.end()) {
    return InvalidArgument("--group", "is none of: " + [&] {
      std::string names;
      for (const std::string& group : desk.groups) names += group + " ";
      return names;
    }());
  }
  return Read(options.brokers, desk.groups, options.filter);
}

void PrintLine(const Letter& letter) {
  fmt::print("{:<34} {} {}/{}/{} key={} {} {}{}\n", letter.id(), FormatTime(FromUnixMicros(letter.record.timestamp_ms * 1000)).substr(0, 19),
             letter.origin.topic, letter.origin.partition, letter.origin.offset, letter.record.key.substr(0, 40),
             letter.type.substr(letter.type.rfind('.') + 1), letter.reason.substr(0, 120),
             letter.decision.empty() ? "" : "  [" + letter.decision + ": " + letter.decided + "]");
}

/// The whole queue of each key that is named: what comes later must not come first.
Result<std::vector<Letter>> WithTheirKeys(const Options& options, const Desk& desk, const std::vector<Letter>& chosen) {
  std::set<std::pair<std::string, std::string>> keys;
  std::set<std::string> ids;
  for (const Letter& letter : chosen) {
    ids.insert(letter.id());
    if (!letter.record.key.empty()) keys.insert({letter.group, letter.record.key});
  }
  SOUK_ASSIGN_OR_RETURN(std::vector<Letter> all, Read(options.brokers, desk.groups, Filter{}));
  std::erase_if(all, [&](const Letter& letter) { return !ids.contains(letter.id()) && !keys.contains({letter.group, letter.record.key}); });
  std::stable_sort(all.begin(), all.end(), [](const Letter& a, const Letter& b) { return a.group < b.group || (a.group == b.group && a.origin < b.origin); });
  return all;
}

Result<void> Send(const Options& options, const Desk& desk, const std::vector<Letter>& letters, bool drop) {
  const SystemTime now = SystemClock().Now();
  for (const Letter& letter : letters) {
    SOUK_ASSIGN_OR_RETURN(kafka::Record record, kafka::ToRedrive(letter.record, letter.group, drop));
    // First the letter on its way, then the note: a death in between sends it twice, which its group takes.
    SOUK_RETURN_IF_ERROR(kafka::ProduceAndWait(*desk.producer, std::move(record)));
    SOUK_RETURN_IF_ERROR(kafka::ProduceAndWait(*desk.producer, DecisionRecord(letter, drop ? "drop" : "redrive", options.by, now)));
    PrintLine(letter);
  }
  return {};
}

/// False when a group has not handled all that was sent to it in time.
bool AwaitHandled(const Options& options, const Desk& desk, const std::vector<Letter>& letters) {
  std::set<std::string> groups;
  for (const Letter& letter : letters) groups.insert(letter.group);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(options.wait_seconds);
  for (const std::string& group : groups) {
    while (true) {
      const auto lags = desk.admin->ConsumerLag(group, {kafka::RedriveTopic(group)});
      const bool handled = lags.ok() && std::all_of(lags->begin(), lags->end(), [](const kafka::GroupLag& lag) { return lag.lag == 0; });
      if (handled) break;
      if (std::chrono::steady_clock::now() > until) {
        fmt::print(stderr, "souk dlq: {} has not handled what was sent to it within {} s: does its service run?\n", group, options.wait_seconds);
        return false;
      }
      std::this_thread::sleep_for(kLook);
    }
  }
  return true;
}

int CheckOperator(const Options& options) {
  if (options.by.who.empty()) return Fail(InvalidArgument("--as", "is required: who decides this"), 2);
  const Filter& f = options.filter;
  if (f.group.empty() && f.topic.empty() && f.key.empty() && f.reason.empty() && f.ids.empty()) {
    return Fail(InvalidArgument("filter", "is required: --group, --topic, --key, --reason, or ids of letters"), 2);
  }
  return 0;
}

}  // namespace

int List(const Options& options) {
  const Result<Desk> desk = Open(options);
  if (!desk.ok()) return Fail(desk.error());
  const auto letters = Find(options, *desk);
  if (!letters.ok()) return Fail(letters.error());
  for (const Letter& letter : *letters) {
    if (options.json) fmt::print("{}\n", Describe(letter));
    else PrintLine(letter);
  }
  if (!options.json) fmt::print("{} dead letters{}\n", letters->size(), options.filter.closed_too ? "" : " are open");
  return 0;
}

int Show(const Options& options) {
  const Result<Desk> desk = Open(options);
  if (!desk.ok()) return Fail(desk.error());
  Options all = options;
  all.filter.closed_too = true;
  const auto letters = Find(all, *desk);
  if (!letters.ok()) return Fail(letters.error());
  for (const Letter& letter : *letters) fmt::print("{}\n", Describe(letter));
  if (letters->empty()) return Fail(MakeError(ErrorCode::kNotFound, "there is no such dead letter: ./souk dlq list --all"));
  return 0;
}

int Redrive(const Options& options) {
  if (const int wrong = CheckOperator(options); wrong != 0) return wrong;
  const Result<Desk> desk = Open(options);
  if (!desk.ok()) return Fail(desk.error());
  const auto chosen = Find(options, *desk);
  if (!chosen.ok()) return Fail(chosen.error());
  auto letters = WithTheirKeys(options, *desk, *chosen);
  if (!letters.ok()) return Fail(letters.error());
  const std::size_t along = letters->size() - chosen->size();
  if (options.dry_run) {
    for (const Letter& letter : *letters) PrintLine(letter);
    fmt::print("{} dead letters would be redriven ({} of them because they wait behind one of the same key)\n", letters->size(), along);
    return 0;
  }
  std::size_t sent = 0;
  std::set<kafka::Place> tried;
  for (int round = 0; round < kRoundsMax && !letters->empty(); ++round) {
    if (const auto result = Send(options, *desk, *letters, false); !result.ok()) return Fail(result.error());
    sent += letters->size();
    for (const Letter& letter : *letters) tried.insert(letter.origin);
    if (!AwaitHandled(options, *desk, *letters)) return 1;
    // What arrived for these keys meanwhile was parked behind them; what was tried and is back has failed again.
    auto left = WithTheirKeys(options, *desk, *letters);
    if (!left.ok()) return Fail(left.error());
    const auto again = std::count_if(left->begin(), left->end(), [&](const Letter& letter) { return tried.contains(letter.origin); });
    if (again > 0) {
      for (const Letter& letter : *left) PrintLine(letter);
      fmt::print("{} redriven, {} are dead letters again: see their reasons\n", sent, left->size());
      return 1;
    }
    letters = std::move(left);
  }
  fmt::print("{} dead letters were redriven and applied\n", sent);
  return 0;
}

int Drop(const Options& options) {
  if (const int wrong = CheckOperator(options); wrong != 0) return wrong;
  if (options.by.note.empty()) return Fail(InvalidArgument("--note", "is required: why they may be lost"), 2);
  const Result<Desk> desk = Open(options);
  if (!desk.ok()) return Fail(desk.error());
  const auto letters = Find(options, *desk);
  if (!letters.ok()) return Fail(letters.error());
  if (options.dry_run) {
    for (const Letter& letter : *letters) PrintLine(letter);
    fmt::print("{} dead letters would be dropped\n", letters->size());
    return 0;
  }
  if (const auto result = Send(options, *desk, *letters, true); !result.ok()) return Fail(result.error());
  if (!AwaitHandled(options, *desk, *letters)) return 1;
  fmt::print("{} dead letters were dropped; what waits behind them: ./souk dlq redrive\n", letters->size());
  return 0;
}

int Replay(const ReplayOptions& options) {
  kafka::Position position;
  if (options.from == "BEGINNING") {
    position.kind = kafka::Position::Kind::kBeginning;
  } else if (options.from == "END") {
    position.kind = kafka::Position::Kind::kEnd;
  } else if (const auto time = ParseTime(options.from)) {
    position = {kafka::Position::Kind::kTime, ToUnixMillis(*time)};
  } else {
    position.kind = kafka::Position::Kind::kOffset;
    const char* end = options.from.data() + options.from.size();
    const auto parsed = std::from_chars(options.from.data(), end, position.value);
    if (parsed.ec != std::errc() || parsed.ptr != end || position.value < 0) {
      return Fail(InvalidArgument("--from", "must be BEGINNING, END, a time such as 2026-11-21T03:14:00Z, or an offset"), 2);
    }
  }
  auto admin = kafka::Admin::Create(options.brokers);
  if (!admin.ok()) return Fail(admin.error());
  const auto offsets = (*admin)->OffsetsAt(options.topic, position);
  if (!offsets.ok()) return Fail(offsets.error());
  const auto before = (*admin)->ConsumerLag(options.group, {options.topic});
  if (!before.ok()) return Fail(before.error());
  std::int64_t again = 0;
  for (const kafka::GroupLag& lag : *before) again += std::max<std::int64_t>(0, lag.end - (*offsets)[static_cast<std::size_t>(lag.partition)]);
  if (!options.dry_run) {
    if (const auto set = (*admin)->SetOffsets(options.group, options.topic, *offsets); !set.ok()) return Fail(set.error());
  }
  fmt::print("{} {} read {} records of {}\n", options.group, options.dry_run ? "would" : "will", again, options.topic);
  return 0;
}

}  // namespace souk::dlq
