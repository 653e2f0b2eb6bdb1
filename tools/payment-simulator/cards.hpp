#pragma once

#include <string>
#include <string_view>

namespace souk::payment_simulator {

/// What a test card makes the provider do.
enum class Behaviour {
  kSuccess,
  kDecline,             ///< 402 with Card::code and Card::decline_code
  kChallenge,           ///< requires_action until the challenge is completed
  kSlow,                ///< right, after 3 s
  kTimeoutAfterCommit,  ///< does the work and never answers; a replay with the same key is answered
  kDuplicateWebhook,    ///< each webhook twice and the first one last
  kCaptureFails,        ///< authorizes, then refuses the capture and lets the hold go
};

/// One row of the table in README.md.
struct Card {
  std::string_view token;   ///< "pm_card_visa"
  std::string_view number;  ///< what a shopper types; accepted by the tokenizer only
  std::string_view brand;
  Behaviour behaviour = Behaviour::kSuccess;
  std::string_view code;          ///< error.code of a decline
  std::string_view decline_code;  ///< error.decline_code of a decline; may be empty
  std::string_view message;
};

/// By documented token, with or without "visa_" in it; null when unknown.
const Card* FindByToken(std::string_view token);
/// By number without separators. A number that is well formed but not in the table behaves as success; null when it is
/// no card number at all (length, Luhn).
const Card* FindByNumber(std::string_view number);
bool PassesLuhn(std::string_view digits);

}  // namespace souk::payment_simulator
