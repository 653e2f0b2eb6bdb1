#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libs/kafka/admin.hpp"
#include "libs/kafka/parking.hpp"

namespace souk::dlq {

/// A dead letter of one group. The topic of the dead letters holds the operators' decisions too: what is open follows from reading it once.
struct Letter {
  std::string group;
  kafka::Record record;    ///< as it lies in "<group>.dlq"
  kafka::Place origin;     ///< where it could not be applied
  std::string type;        ///< full protobuf name; empty when it has none
  std::string reason;
  std::string decision;    ///< "" = open, else "redrive", "drop" or "repeated" (a newer letter of the same record is there)
  std::string decided;     ///< who, when and why

  /// "group/partition/offset": names it in commands.
  std::string id() const;
};

struct Filter {
  std::string group, topic, reason, key;  ///< empty = any; reason: a piece of it
  std::vector<std::string> ids;
  bool closed_too = false;
};

/// Who decides what and why.
struct Operator {
  std::string who;
  std::string note;
};

/// Letters and decisions, folded: pure.
std::vector<Letter> Fold(const std::string& group, const std::vector<kafka::Record>& records);
bool Matches(const Letter& letter, const Filter& filter);
/// The payload as JSON by its type, or in hexadecimal when it is not of that type.
std::string Payload(const Letter& letter);
/// Everything about one letter, as JSON.
std::string Describe(const Letter& letter);
/// What is written into the dead letters' own topic when `letter` is decided.
kafka::Record DecisionRecord(const Letter& letter, const std::string& decision, const Operator& by, SystemTime at);

/// Groups that have a dead-letter topic.
Result<std::vector<std::string>> Groups(kafka::Admin& admin);
/// In the order of their offsets; those that `filter` wants.
Result<std::vector<Letter>> Read(const std::string& brokers, const std::vector<std::string>& groups, const Filter& filter);

}  // namespace souk::dlq
