#include "services/payments/app/reconcile.hpp"

#include <algorithm>
#include <future>
#include <thread>
#include <unordered_map>

namespace souk::payments {
namespace {

constexpr int kPage = 500;
constexpr int kLooks = 3;  // at a record that seems to differ, before it is reported
constexpr std::chrono::milliseconds kBetweenLooks{150};
constexpr int kOpenMax = 500;             // findings looked at again per run
constexpr std::chrono::minutes kOverlap{10};  // what changed while the last run was under way is compared again

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
    found.push_back({ours.payment_id.ToString(), theirs.provider_id, kind, std::move(mine), std::move(other), {}, {}});
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

namespace {

Remedy TakeOver(std::string reason) { return {Remedy::Kind::kTakeOver, std::move(reason)}; }
Remedy Wait(std::string reason) { return {Remedy::Kind::kWait, std::move(reason)}; }
Remedy Escalate(std::string reason) { return {Remedy::Kind::kEscalate, std::move(reason)}; }

/// They took the money.
Remedy JudgeTaken(const Payment& ours, const IntentView& theirs) {
  if (ours.status == Status::kCapturing && theirs.received == ours.amount.minor_units) return TakeOver("the capture that we asked for was made");
  if (ours.status == Status::kCapturing) return Escalate("another amount was taken than we asked for");
  if (ours.status == Status::kVoiding) return Wait("a void of ours is under way: in doubt it is asked for, never guessed");
  return Escalate("money was taken that we did not ask for");
}

/// They hold the money.
Remedy JudgeHeld(const Payment& ours) {
  if (ours.status == Status::kAuthorizing || ours.status == Status::kChallenged) {
    return ours.void_requested ? Wait("a void of ours waits for the answer to the authorization") : TakeOver("the hold that we asked for was made");
  }
  const bool gone = ours.status == Status::kDeclined || ours.status == Status::kVoided || ours.status == Status::kCaptureFailed;
  return Escalate(gone ? "a hold is left that we believe to be gone: a void in doubt is never guessed" : "we believe the money to be taken, they only hold it");
}

/// They let it go, or refused it: no money moved.
Remedy JudgeLetGo(const Payment& ours) {
  switch (ours.status) {
    case Status::kAuthorizing:
    case Status::kChallenged:
    case Status::kAuthorized:
    case Status::kVoiding:
    case Status::kCapturing: return TakeOver("the hold is gone there, and no money moved");
    default: return Escalate("we believe the money to be taken, they say that it is not");
  }
}

Remedy JudgeStatus(const Payment& ours, const IntentView& theirs) {
  switch (theirs.status) {
    case IntentStatus::kSucceeded: return JudgeTaken(ours, theirs);
    case IntentStatus::kRequiresCapture: return JudgeHeld(ours);
    case IntentStatus::kCanceled:
    case IntentStatus::kFailed: return JudgeLetGo(ours);
    case IntentStatus::kRequiresAction:
      return ours.status == Status::kAuthorizing ? TakeOver("the customer has to complete a challenge") : Escalate("they wait for the customer, we do not");
    case IntentStatus::kOther: break;
  }
  return Wait("the provider is still at work");
}

}  // namespace

Remedy Judge(const Payment* ours, const IntentView* theirs) {
  if (ours == nullptr) return Escalate("the provider has a payment that we know nothing of: find out who made it, then void or refund it there");
  const bool under_way = ours->operation != Operation::kNone && ours->operation != Operation::kWatch;
  if (theirs == nullptr) {
    return under_way ? Wait("our call is under way and is asked for with its stored key") : Escalate("the provider has no such payment any more");
  }
  if (ours->amount != theirs->amount) return Escalate("the two amounts differ");
  if (ours->refunded != theirs->refunded) {
    return ours->status == Status::kRefunding ? Wait("a refund of ours is under way: in doubt it is asked for, never guessed")
                                              : Escalate("the sums that were given back differ");
  }
  if (!SameStatus(ours->status, theirs->status)) return JudgeStatus(*ours, *theirs);
  return Escalate("the sums that were taken differ");
}

Result<Reconciliation> Reconcile::Run(SystemTime since, SteadyTime deadline, const std::vector<Finding>& open) {
  SOUK_RETURN_IF_ERROR(WalkTheirs(since, deadline));
  SOUK_RETURN_IF_ERROR(WalkOurs(since, deadline));
  for (const Finding& finding : open) {
    const Difference& known = finding.difference;
    const bool suspected = std::any_of(suspects_.begin(), suspects_.end(), [&](const Suspect& one) { return one.provider_id == known.provider_id; });
    if (!suspected) suspects_.push_back({Uuid::Parse(known.payment_id).value_or(Uuid{}), known.provider_id});
  }
  Reconciliation result{compared_, {}};
  std::unordered_set<Uuid> still;
  for (const Suspect& suspect : suspects_) {
    SOUK_RETURN_IF_ERROR(InTime(deadline));
    SOUK_ASSIGN_OR_RETURN(std::vector<Difference> differences, Settle(suspect));
    for (Difference& difference : differences) {
      still.insert(difference.id());
      result.differences.push_back(std::move(difference));
    }
  }
  for (const Finding& finding : open) {
    if (still.contains(finding.difference.id())) continue;
    result.differences.push_back(finding.difference);
    result.differences.back().resolution = "agrees";
    result.differences.back().reason = "the two records agree again";
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

Result<Reconcile::Look> Reconcile::LookAt(const Suspect& suspect) {
  const ProviderResult theirs = Ask(suspect.provider_id);
  if (const auto* unknown = std::get_if<UnknownOutcome>(&theirs)) {
    return MakeError(ErrorCode::kUnavailable, "the provider did not answer: " + unknown->why);
  }
  SOUK_ASSIGN_OR_RETURN(const std::vector<Aggregate> found, reader_.Get({suspect.payment_id}));
  Look look;
  if (!found.empty() && found[0].payment->provider_id == suspect.provider_id) look.ours = *found[0].payment;
  if (const auto* intent = std::get_if<IntentView>(&theirs)) look.theirs = *intent;
  const std::string id = suspect.payment_id.IsNil() ? "" : suspect.payment_id.ToString();
  if (look.ours && look.theirs) {
    look.differences = Compare(*look.ours, *look.theirs);
  } else if (look.ours) {
    look.differences.push_back({id, suspect.provider_id, "missing_there", std::string(ToString(look.ours->status)), "", {}, {}});
  } else if (look.theirs) {
    look.differences.push_back({id, suspect.provider_id, "missing_here", "", std::string(ToString(look.theirs->status)), {}, {}});
  }
  return look;
}

Result<std::vector<Difference>> Reconcile::Settle(const Suspect& suspect) {
  Look look;
  for (int i = 0; i < kLooks; ++i) {
    if (i > 0) std::this_thread::sleep_for(kBetweenLooks);
    SOUK_ASSIGN_OR_RETURN(look, LookAt(suspect));
    if (look.differences.empty()) return look.differences;
  }
  const auto say = [](std::vector<Difference> differences, const char* resolution, const std::string& reason) {
    for (Difference& difference : differences) {
      difference.resolution = resolution;
      difference.reason = reason;
    }
    return differences;
  };
  const Remedy remedy = Judge(look.ours ? &*look.ours : nullptr, look.theirs ? &*look.theirs : nullptr);
  if (remedy.kind == Remedy::Kind::kWait) return say(look.differences, "waiting", remedy.reason);
  if (remedy.kind == Remedy::Kind::kEscalate) return say(look.differences, "escalated", remedy.reason);
  SOUK_RETURN_IF_ERROR(take_over_(suspect.payment_id, *look.theirs));
  SOUK_ASSIGN_OR_RETURN(const Look after, LookAt(suspect));
  if (after.differences.empty()) return say(look.differences, "resolved", remedy.reason);
  return say(after.differences, "escalated", "it could have been taken over (" + remedy.reason + "), but the two records still differ");
}

Result<Reconciliation> ReconcileJob::Run(SystemTime since, SteadyTime deadline) {
  SOUK_ASSIGN_OR_RETURN(const std::vector<Finding> open, findings_.List(false, kOpenMax));
  SOUK_ASSIGN_OR_RETURN(Reconciliation result, Reconcile(gateway_, reader_, take_over_).Run(since, deadline, open));
  SOUK_RETURN_IF_ERROR(findings_.Keep(result.differences, clock_.Now()));
  std::erase_if(result.differences, [](const Difference& difference) { return difference.resolution == "agrees"; });
  return result;
}

Result<std::optional<Reconciliation>> ReconcileJob::RunWhenDue(std::chrono::milliseconds interval, SteadyTime deadline) {
  const SystemTime now = clock_.Now();
  SOUK_ASSIGN_OR_RETURN(const std::optional<Turn> turn, findings_.TakeTurn(now, interval));
  if (!turn) return std::optional<Reconciliation>();
  const SystemTime since = turn->covered_until ? *turn->covered_until - kOverlap : SystemTime{};
  SOUK_ASSIGN_OR_RETURN(Reconciliation result, Run(since, deadline));
  SOUK_RETURN_IF_ERROR(findings_.Covered(now));
  return std::optional(std::move(result));
}

}  // namespace souk::payments
