#include "tools/payment-simulator/cards.hpp"

#include <algorithm>
#include <array>

namespace souk::payment_simulator {
namespace {

constexpr std::string_view kDeclined = "Your card was declined.";
constexpr std::array<Card, 12> kCards = {{
    {"pm_card_visa", "4242424242424242", "visa", Behaviour::kSuccess, "", "", ""},
    {"pm_card_mastercard", "5555555555554444", "mastercard", Behaviour::kSuccess, "", "", ""},
    {"pm_card_visa_chargeDeclined", "4000000000000002", "visa", Behaviour::kDecline, "card_declined",
     "generic_decline", kDeclined},
    {"pm_card_visa_chargeDeclinedInsufficientFunds", "4000000000009995", "visa", Behaviour::kDecline, "card_declined",
     "insufficient_funds", "Your card has insufficient funds."},
    {"pm_card_visa_chargeDeclinedExpiredCard", "4000000000000069", "visa", Behaviour::kDecline, "expired_card", "",
     "Your card has expired."},
    {"pm_card_visa_chargeDeclinedIncorrectCvc", "4000000000000127", "visa", Behaviour::kDecline, "incorrect_cvc", "",
     "Your card's security code is incorrect."},
    {"pm_card_visa_chargeDeclinedProcessingError", "4000000000000119", "visa", Behaviour::kDecline,
     "processing_error", "", "An error occurred while processing your card."},
    {"pm_card_authenticationRequired", "4000002760003184", "visa", Behaviour::kChallenge, "", "", ""},
    {"pm_card_souk_slow", "4000000000000259", "visa", Behaviour::kSlow, "", "", ""},
    {"pm_card_souk_timeoutAfterCommit", "4000000000000341", "visa", Behaviour::kTimeoutAfterCommit, "", "", ""},
    {"pm_card_souk_duplicateWebhook", "4000000000000077", "visa", Behaviour::kDuplicateWebhook, "", "", ""},
    {"pm_card_souk_captureFails", "4000000000000101", "visa", Behaviour::kCaptureFails, "", "", ""},
}};

}  // namespace

const Card* FindByToken(std::string_view token) {
  const auto found = std::find_if(kCards.begin(), kCards.end(), [&](const Card& card) { return card.token == token; });
  if (found != kCards.end()) return &*found;
  // The provider itself spells some of them without the brand.
  constexpr std::string_view kPrefix = "pm_card_charge";
  if (!token.starts_with(kPrefix)) return nullptr;
  const std::string with_brand = "pm_card_visa_charge" + std::string(token.substr(kPrefix.size()));
  return FindByToken(with_brand);
}

bool PassesLuhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it, twice = !twice) {
    if (*it < '0' || *it > '9') return false;
    const int digit = (*it - '0') * (twice ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 == 0;
}

const Card* FindByNumber(std::string_view number) {
  if (number.size() < 13 || number.size() > 19 || !PassesLuhn(number)) return nullptr;
  const auto found = std::find_if(kCards.begin(), kCards.end(), [&](const Card& card) { return card.number == number; });
  return found != kCards.end() ? &*found : kCards.data();
}

}  // namespace souk::payment_simulator
