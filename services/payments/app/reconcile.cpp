#include "services/payments/app/reconcile.hpp"

#include <future>
#include <thread>
#include <unordered_map>

namespace souk::payments {
namespace {

constexpr int kPage = 500;
constexpr int kLooks = 3;  // at a record that seems to differ, before it is reported
constexpr std::chrono::milliseconds kBetweenLooks{150};

bool SameStatus(Status ours, IntentStatus theirs) {
  switch (ours) {
    case Status::kAuthorized:
    case Status::kCapturing:
    case Status::kVoiding: return theirs == IntentStatus::kRequiresCapture;
    case Status::kChallenged: return theirs == IntentStatus::kRequiresAction;
    case Status::kCaptured:
    case Status::kRefunding:
    case Status::kRefunded: return theirs == IntentStatus::kSucceeded;
    case Status::kDeclined: return theirs == IntentStatus::kFailed || theirs == IntentStatus::kCanceled;
    case Status::kVoided:
    case Status::kCaptureFailed: return theirs == IntentStatus::kCanceled || theirs == IntentStatus::kFailed;
    case Status::kAuthorizing: return false;
  }
  return false;
}

Result<void> InTime(SteadyTime deadline) {
  if (std::chrono::steady_clock::now() < deadline) return {};
  return MakeError(ErrorCode::kDeadlineExceeded, "reconciliation took too long; narrow it with since");
}

}  // namespace

std::vector<Difference> Compare(const Payment& ours, const IntentView& theirs) {
  std::vector<Difference> found;
  const auto add = [&](const char* kind, std::string mine, std::string other) {
    found.push_back({ours.payment_id.ToString(), theirs.provider_id, kind, std::move(mine), std::move(other)});
  };
  const std::string& currency = ours.amount.currency;
  if (ours.amount != theirs.amount) add("amount", souk::ToString(ours.amount), theirs.amount.currency.empty() ? "" : souk::ToString(theirs.amount));
  if (!SameStatus(ours.status, theirs.status)) {
    add("status", std::string(ToString(ours.status)), std::string(ToString(theirs.status)));
  } else if (ours.captured != theirs.received) {
    add("amount", "captured " + souk::ToString({ours.captured, currency}), "received " + souk::ToString({theirs.received, currency}));
  }
  if (ours.refunded != theirs.refunded) {
    add("refunds", souk::ToString({ours.refunded, currency}), souk::ToString({theirs.refunded, currency}));
  }
  return found;
}

Result<Reconciliation> Reconcile::Run(SystemTime since, SteadyTime deadline) {
  SOUK_RETURN_IF_ERROR(WalkTheirs(since, deadline));
  SOUK_RETURN_IF_ERROR(WalkOurs(since, deadline));
  Reconciliation result{compared_, {}};
  for (const Suspect& suspect : suspects_) {
    SOUK_RETURN_IF_ERROR(InTime(deadline));
    SOUK_ASSIGN_OR_RETURN(std::vector<Difference> differences, Settle(suspect));
    for (Difference& difference : differences) result.differences.push_back(std::move(difference));
  }
  return result;
}

Result<void> Reconcile::WalkTheirs(SystemTime since, SteadyTime deadline) {
  const std::int64_t since_unix = ToUnixMillis(since) / 1000;
  std::string after;
  while (true) {
    SOUK_RETURN_IF_ERROR(InTime(deadline));
    std::promise<Result<IntentPage>> promise;
    gateway_.List(since_unix, after, [&promise](Result<IntentPage> page) { promise.set_value(std::move(page)); });
    SOUK_ASSIGN_OR_RETURN(const IntentPage page, promise.get_future().get());
    SOUK_RETURN_IF_ERROR(ComparePage(page.intents));
    if (!page.has_more || page.intents.empty()) return {};
    after = page.intents.back().provider_id;
  }
}

Result<void> Reconcile::ComparePage(const std::vector<IntentView>& page) {
  std::vector<Uuid> ids;
  for (const IntentView& intent : page) {
    if (const auto id = Uuid::Parse(intent.order_id)) ids.push_back(*id);
  }
  SOUK_ASSIGN_OR_RETURN(const std::vector<Aggregate> found, reader_.Get(ids));
  std::unordered_map<Uuid, const Payment*> ours;
  for (const Aggregate& aggregate : found) ours[aggregate.payment->payment_id] = &*aggregate.payment;
  for (const IntentView& intent : page) {
    ++compared_;
    seen_.insert(intent.provider_id);
    const Uuid id = Uuid::Parse(intent.order_id).value_or(Uuid{});
    const auto known = ours.find(id);
    const bool is_ours = known != ours.end() && known->second->provider_id == intent.provider_id;
    if (!is_ours || !Compare(*known->second, intent).empty()) suspects_.push_back({id, intent.provider_id});
  }
  return {};
}

Result<void> Reconcile::WalkOurs(SystemTime since, SteadyTime deadline) {
  Uuid after;
  while (true) {
    SOUK_RETURN_IF_ERROR(InTime(deadline));
    SOUK_ASSIGN_OR_RETURN(const std::vector<Payment> page, reader_.Changed(since, after, kPage));
    for (const Payment& payment : page) {
      after = payment.payment_id;
      if (seen_.contains(payment.provider_id)) continue;
      // Not in their list: older than `since` there, made after the list was begun, or gone. Settle() finds out.
      ++compared_;
      suspects_.push_back({payment.payment_id, payment.provider_id});
    }
    if (page.size() < kPage) return {};
  }
}

ProviderResult Reconcile::Ask(const std::string& provider_id) {
  std::promise<ProviderResult> promise;
  ProviderCall call{.kind = CallKind::kGet, .provider_id = provider_id};
  gateway_.Call(call, [&promise](ProviderResult result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

Result<std::vector<Difference>> Reconcile::Settle(const Suspect& suspect) {
  std::vector<Difference> differences;
  for (int look = 0; look < kLooks; ++look) {
    if (look > 0) std::this_thread::sleep_for(kBetweenLooks);
    const ProviderResult theirs = Ask(suspect.provider_id);
    if (const auto* unknown = std::get_if<UnknownOutcome>(&theirs)) {
      return MakeError(ErrorCode::kUnavailable, "the provider did not answer: " + unknown->why);
    }
    SOUK_ASSIGN_OR_RETURN(const std::vector<Aggregate> found, reader_.Get({suspect.payment_id}));
    const Payment* ours = found.empty() || found[0].payment->provider_id != suspect.provider_id ? nullptr : &*found[0].payment;
    const auto* intent = std::get_if<IntentView>(&theirs);
    const std::string id = suspect.payment_id.IsNil() ? "" : suspect.payment_id.ToString();
    differences.clear();
    if (ours != nullptr && intent != nullptr) {
      differences = Compare(*ours, *intent);
    } else if (ours != nullptr) {
      differences.push_back({id, suspect.provider_id, "missing_there", std::string(ToString(ours->status)), ""});
    } else if (intent != nullptr) {
      differences.push_back({id, suspect.provider_id, "missing_here", "", std::string(ToString(intent->status))});
    }
    if (differences.empty()) return differences;
  }
  return differences;
}

}  // namespace souk::payments
