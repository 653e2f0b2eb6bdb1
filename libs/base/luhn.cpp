#include "libs/base/luhn.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace souk {
namespace {

constexpr std::size_t kDigitsMin = 13;
constexpr std::size_t kDigitsMax = 19;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool PassesLuhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (std::size_t i = digits.size(); i-- > 0;) {
    int value = digits[i] - '0';
    if (twice && (value *= 2) > 9) value -= 9;
    sum += value;
    twice = !twice;
  }
  return sum % 10 == 0;
}

bool AllSame(std::string_view digits) { return digits.find_first_not_of(digits.front()) == std::string_view::npos; }

bool IsIssued(std::string_view digits) {
  const auto leads = [&](int first, int last, std::size_t places) {
    int value = 0;
    for (std::size_t i = 0; i < places; ++i) value = value * 10 + (digits[i] - '0');
    return value >= first && value <= last;
  };
  const std::size_t size = digits.size();
  if (leads(4, 4, 1)) return size == 13 || size == 16 || size == 19;
  if (leads(51, 55, 2) || leads(2221, 2720, 4) || leads(3528, 3589, 4)) return size == 16;
  if (leads(34, 34, 2) || leads(37, 37, 2)) return size == 15;
  if (leads(300, 305, 3) || leads(36, 36, 2) || leads(38, 39, 2)) return size == 14 || size == 16;
  return (leads(60, 65, 2) || leads(50, 50, 2) || leads(56, 58, 2)) && size >= 16;
}

// In one piece, or in the groups that are printed on cards: 4-4-4-4, 4-4-4-4-3, 4-6-5, 4-6-4. Bytes of a binary message make other groups.
bool IsGroupedAsPrinted(std::string_view run) {
  std::string groups;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= run.size(); ++i) {
    if (i < run.size() && IsDigit(run[i])) continue;
    groups.push_back(static_cast<char>('0' + std::min<std::size_t>(i - from, 9)));
    from = i + 1;
  }
  return groups.size() == 1 || groups == "4444" || groups == "44443" || groups == "465" || groups == "464";
}

// Finds the next card number at or after `from`; {npos, 0} when there is none.
std::pair<std::size_t, std::size_t> Find(std::string_view text, std::size_t from, bool issued_only) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (!IsDigit(text[i])) continue;
    std::string digits;
    std::size_t end = i;
    std::size_t last = i;  // one past the last digit
    while (end < text.size()) {
      if (IsDigit(text[end])) {
        digits.push_back(text[end]);
        last = end + 1;
      } else if (!((text[end] == ' ' || text[end] == '-') && end + 1 < text.size() && IsDigit(text[end + 1]))) {
        break;
      }
      ++end;
    }
    const bool alone = (i == 0 || (!IsWord(text[i - 1]) && text[i - 1] != '-')) &&
                       (last == text.size() || (!IsWord(text[last]) && text[last] != '-'));
    if (alone && digits.size() >= kDigitsMin && digits.size() <= kDigitsMax && !AllSame(digits) && PassesLuhn(digits) &&
        (!issued_only || (IsIssued(digits) && IsGroupedAsPrinted(text.substr(i, last - i))))) {
      return {i, last - i};
    }
    i = last;
  }
  return {std::string_view::npos, 0};
}

}  // namespace

bool ContainsCardNumber(std::string_view text) { return Find(text, 0, false).second != 0; }

bool ContainsIssuedCardNumber(std::string_view text) { return Find(text, 0, true).second != 0; }

std::string MaskCardNumbers(std::string_view text) {
  std::string masked;
  std::size_t from = 0;
  while (true) {
    const auto [at, size] = Find(text, from, true);
    if (size == 0) break;
    masked.append(text.substr(from, at - from));
    masked += "[card number]";
    from = at + size;
  }
  masked.append(text.substr(from));
  return masked;
}

}  // namespace souk
