#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/random.hpp"
#include "libs/base/result.hpp"
#include "tools/payment-simulator/cards.hpp"
#include "tools/payment-simulator/params.hpp"

namespace souk::payment_simulator {

/// How an answer reaches the client.
enum class Delivery { kNow, kSlow, kNever };

struct Answer {
  int status = 200;
  std::string body;
  Delivery delivery = Delivery::kNow;
  bool replayed = false;
};

/// The provider's record of one payment.
struct Intent {
  std::string id;
  std::string client_secret;
  std::size_t sequence = 0;  ///< position in the list
  std::int64_t created = 0;  ///< Unix seconds
  std::int64_t amount = 0;
  std::int64_t amount_capturable = 0;
  std::int64_t amount_received = 0;
  std::int64_t amount_refunded = 0;
  std::string currency;
  std::string status;
  std::string payment_method;
  std::string last4;
  std::string charge;  ///< empty before the first authorization
  std::string challenge;
  const Card* card = nullptr;
  const Card* error = nullptr;  ///< the last decline
  bool authentication_failed = false;
  Params::Pairs metadata;
};

struct RefundRecord {
  std::string id;
  std::string intent;
  std::string currency;
  std::int64_t amount = 0;
  std::int64_t created = 0;
  Params::Pairs metadata;
};

/// A webhook to send.
struct ProviderEvent {
  std::string id;
  std::string type;
  std::string body;
  bool duplicate_and_reorder = false;
};
using EmitEvent = std::function<void(ProviderEvent)>;

/// The provider's rules and memory, without a wire. Thread-safe: one lock, held for microseconds.
class Provider {
 public:
  /// `base_url` is where challenges are completed. `emit` is called under the lock and must only queue.
  Provider(const Clock& clock, Random& random, EmitEvent emit);

  void SetBaseUrl(std::string url) { base_url_ = std::move(url); }
  /// Runs `work` once per key: a repeated key with the same request gets the stored answer (headers tell), with another
  /// one 400 idempotency_error. An empty key always runs.
  Answer Once(std::string_view key, std::string_view request, const std::function<Answer()>& work);

  Answer CreateMethod(const Params& params);
  Answer CreateIntent(const Params& params);
  Answer GetIntent(std::string_view id, const Params& query);
  Answer ListIntents(const Params& query);
  Answer SearchIntents(const Params& query);
  Answer Capture(std::string_view id, const Params& params);
  Answer Cancel(std::string_view id, const Params& params);
  Answer CreateRefund(const Params& params);
  Answer ListRefunds(const Params& query);
  /// Ends a challenge as the customer's bank would.
  Answer CompleteChallenge(std::string_view challenge, bool succeeded);
  Answer Stats();
  /// Plants a difference for reconciliation tests: sets "status", "amount" or "amount_refunded" of a record, or "remove".
  Answer Tamper(std::string_view id, const Params& params);
  /// Everything it remembers, as one line of JSON; Load takes it into an empty provider. kInvalidArgument when the text is no such thing.
  std::string Save() const;
  Result<void> Load(const std::string& text);
  /// Forgets keys older than the provider's retention (24 h).
  void ForgetOldKeys();

 private:
  struct Method {
    const Card* card;
    std::string last4;
  };
  struct StoredAnswer {
    std::size_t fingerprint;
    std::int64_t created;
    Answer answer;
  };
  using IntentPtr = std::shared_ptr<Intent>;

  std::string NewId(std::string_view prefix);
  IntentPtr Find(std::string_view id) const;
  void Authorize(Intent& intent);
  void Emit(std::string_view type, const Intent& intent, std::string object = {});
  std::int64_t NowSeconds() const;
  std::optional<Method> FindMethod(std::string_view id) const;

  const Clock& clock_;
  Random& random_;
  EmitEvent emit_;
  std::string base_url_;
  mutable std::recursive_mutex mutex_;  // recursive: Once() holds it while the work runs, so a key runs once
  std::uint64_t counter_ = 0;
  std::unordered_map<std::string, IntentPtr> intents_;
  std::vector<IntentPtr> in_order_;  // null = removed by a test
  std::unordered_multimap<std::string, IntentPtr> by_order_;
  std::unordered_map<std::string, std::string> challenges_;
  std::unordered_map<std::string, Method> methods_;
  std::unordered_map<std::string, std::vector<RefundRecord>> refunds_;  // by intent
  std::unordered_map<std::string, StoredAnswer> keys_;
  std::int64_t captured_minor_ = 0;
  std::int64_t refunded_minor_ = 0;
};

}  // namespace souk::payment_simulator
