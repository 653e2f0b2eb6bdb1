#include "libs/rpc/pan_guard.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <vector>

namespace souk::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool PassesLuhn(std::string_view digits) {
  if (digits.size() < 13 || digits.size() > 19) return false;
  if (digits.find_first_not_of('0') == std::string_view::npos) return false;
  int sum = 0;
  bool twice = false;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it, twice = !twice) {
    const int value = (*it - '0') * (twice ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

/// A run of digit groups with one space or hyphen between two: "4242 4242 4242 4242".
struct Run {
  std::vector<std::string_view> groups;
  std::size_t end = 0;
};

Run ReadRun(std::string_view text, std::size_t begin) {
  Run run;
  std::size_t at = begin;
  while (true) {
    std::size_t end = at;
    while (end < text.size() && IsDigit(text[end])) ++end;
    run.groups.push_back(text.substr(at, end - at));
    run.end = end;
    const bool joined = end + 1 < text.size() && (text[end] == ' ' || text[end] == '-') && IsDigit(text[end + 1]);
    if (!joined) return run;
    at = end + 1;
  }
}

/// Groups as they are printed on cards; a window over them finds "order 12 4242 4242 4242 4242" too.
bool LooksPrinted(const std::vector<std::string_view>& groups, std::size_t from, std::size_t count) {
  std::string shape;
  for (std::size_t i = from; i < from + count; ++i) shape += static_cast<char>('0' + std::min<std::size_t>(9, groups[i].size()));
  return shape == "4444" || shape == "44443" || shape == "465" || shape == "464" || shape == "44441" || shape == "4441";
}

bool JoinedRunIsPan(const Run& run) {
  const std::size_t count = run.groups.size();
  for (std::size_t from = 0; from < count; ++from) {
    std::string digits;
    for (std::size_t to = from; to < count && digits.size() <= 19; ++to) {
      digits += run.groups[to];
      const bool whole = from == 0 && to + 1 == count;
      if ((whole || LooksPrinted(run.groups, from, to - from + 1)) && PassesLuhn(digits)) return true;
    }
  }
  return false;
}

bool RunIsPan(std::string_view text, std::size_t begin, const Run& run) {
  const bool word_before = begin > 0 && (IsAlnum(text[begin - 1]) || text[begin - 1] == '+');
  const bool word_after = run.end < text.size() && IsAlnum(text[run.end]);
  for (std::size_t i = 0; i < run.groups.size(); ++i) {
    if ((i == 0 && word_before) || (i + 1 == run.groups.size() && word_after)) continue;
    if (PassesLuhn(run.groups[i])) return true;
  }
  // A hyphen to a letter makes the run a part of a reference ("SKU-4242-..."), as in a UUID.
  const bool tied_before = begin > 1 && text[begin - 1] == '-' && IsAlnum(text[begin - 2]);
  const bool tied_after = run.end + 1 < text.size() && text[run.end] == '-' && IsAlnum(text[run.end + 1]);
  if (run.groups.size() < 2 || word_before || word_after || tied_before || tied_after) return false;
  return JoinedRunIsPan(run);
}

std::optional<std::string> FindIn(const Message& message);

std::optional<std::string> FindInField(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  const std::string name = field->name();
  const bool is_string = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  if (!is_string && field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return std::nullopt;
  std::string scratch;
  if (!field->is_repeated()) {
    if (is_string) {
      if (ContainsPan(reflection->GetStringReference(message, field, &scratch))) return name;
      return std::nullopt;
    }
    if (auto path = FindIn(reflection->GetMessage(message, field))) return name + '.' + *path;
    return std::nullopt;
  }
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    const std::string indexed = name + '[' + std::to_string(i) + ']';
    if (is_string) {
      if (ContainsPan(reflection->GetRepeatedStringReference(message, field, i, &scratch))) return indexed;
    } else if (auto path = FindIn(reflection->GetRepeatedMessage(message, field, i))) {
      return indexed + '.' + *path;
    }
  }
  return std::nullopt;
}

std::optional<std::string> FindIn(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (auto path = FindInField(message, field)) return path;
  }
  return std::nullopt;
}

}  // namespace

bool ContainsPan(std::string_view text) {
  if (text.size() < 13) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!IsDigit(text[i])) continue;
    const Run run = ReadRun(text, i);
    if (RunIsPan(text, i, run)) return true;
    i = run.end;
  }
  return false;
}

std::optional<std::string> FindPan(const Message& message) { return FindIn(message); }

Error PanNotAllowed(std::string field) {
  Error error = MalformedField(std::move(field), "holds a card number; send a payment method token instead");
  error.reason = "pan_not_allowed";
  return error;
}

}  // namespace souk::rpc
