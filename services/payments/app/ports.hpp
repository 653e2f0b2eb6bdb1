#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/base/context.hpp"
#include "libs/base/result.hpp"
#include "services/payments/domain/payment.hpp"

namespace souk::payments {

/// Where a work item comes from, carried to the events it causes.
struct Cause {
  std::string causation_id;
  std::string traceparent;
};

/// A webhook that can be kept when its payment isn't known yet.
struct Parking {
  std::string event_id;
  std::string body;
  bool was_parked = false;  ///< it comes out of the parking place: forget it there
};

/// What became of a work item.
struct Outcome {
  bool duplicate = false;  ///< the message id was applied before; nothing was decided
  bool parked = false;
  bool escalated = false;
  std::optional<Error> refusal;
  std::optional<Payment> payment;  ///< as it is now
  std::vector<Refund> refunds;     ///< loaded only when the payment has some
  std::vector<ProviderCall> calls;
};

/// One thing to do, whatever brought it.
struct Work {
  Uuid payment_id;          ///< nil in a webhook without an order id: found by the intent's provider_id
  Input input;
  SystemTime now;
  std::optional<Uuid> message_id;  ///< of a Kafka record: applied once
  Cause cause;
  std::optional<Parking> parking;
  Outcome outcome;  ///< set by Apply; meaningless when it failed
  std::function<void(Outcome&, const Result<void>&)> done;  ///< once, after the commit; must not block
};

/// The group that reads payments.payment.commands.v1, also the inbox's consumer name.
inline constexpr const char* kCommandsGroup = "payments.commands";

/// The truth about payments.
class PaymentStore {
 public:
  virtual ~PaymentStore() = default;
  /// Decides all of `works` in their order and makes the outcome durable, all or nothing: states, refunds, ledger,
  /// events, message ids, parked webhooks. kUnavailable (try again), kAborted (lost races only), kInternal (one of them
  /// can't be stored).
  virtual Result<void> Apply(std::span<Work> works) = 0;
};

struct ParkedWebhook {
  Uuid payment_id;
  std::string event_id;
  std::string body;
};
struct StatusCount {
  std::string status;
  bool unknown = false;
  std::int64_t payments = 0;
  std::int64_t amount = 0;
  std::int64_t captured = 0;
  std::int64_t refunded = 0;
};

/// Questions, outside of the writer. May block: never from a network thread. Errors: kUnavailable, kResourceExhausted.
class PaymentReader {
 public:
  virtual ~PaymentReader() = default;
  virtual Result<std::vector<Aggregate>> Get(const std::vector<Uuid>& ids) = 0;
  /// Payments that called the provider and changed at or after `since`, by id after `after`, at most `limit`.
  virtual Result<std::vector<Payment>> Changed(SystemTime since, const Uuid& after, int limit) = 0;
  /// Payments and refunds whose next attempt is due, at most `limit`.
  virtual Result<std::vector<Uuid>> Due(SystemTime now, int limit) = 0;
  /// Parked webhooks whose payment is known by now; forgets those older than `oldest`.
  virtual Result<std::vector<ParkedWebhook>> Parked(SystemTime oldest, int limit) = 0;
  virtual Result<std::vector<StatusCount>> Stats() = 0;
};

struct IntentPage {
  std::vector<IntentView> intents;  ///< newest first
  bool has_more = false;
};

/// The card provider. Callbacks run once, on a thread of the adapter, and must not block.
class PaymentGateway {
 public:
  virtual ~PaymentGateway() = default;
  /// Never fails: what is not known is UnknownOutcome.
  virtual void Call(const ProviderCall& call, std::function<void(ProviderResult)> done) = 0;
  /// One page of everything created at or after `since_unix`, behind the intent `after` (empty: from the newest).
  virtual void List(std::int64_t since_unix, const std::string& after, std::function<void(Result<IntentPage>)> done) = 0;
};

/// Queues work for the one writer. kResourceExhausted, kUnavailable: then `done` is not called.
using Submit = std::function<Result<void>(Work)>;

}  // namespace souk::payments
