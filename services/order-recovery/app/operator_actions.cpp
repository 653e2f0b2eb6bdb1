#include "services/order-recovery/app/operator_actions.hpp"

#include <future>
#include <memory>

namespace souk::recovery {
namespace {

/// Of one call to orders made for a person who waits.
Result<Answer> ResumeNow(Orders& orders, const Uuid& id) {
  const auto promise = std::make_shared<std::promise<Result<Answer>>>();
  auto future = promise->get_future();
  orders.Resume(id, true, [promise](Result<Answer> answer) { promise->set_value(std::move(answer)); });
  return future.get();
}

}  // namespace

Result<Watched> OperatorActions::Known(const Uuid& id) {
  SOUK_ASSIGN_OR_RETURN(std::optional<Watched> watched, store_.Get(id));
  if (!watched) return MakeError(ErrorCode::kNotFound, "no event has told of such an order; it may have ended long ago");
  return std::move(*watched);
}

Result<Explained> OperatorActions::Explain(const Uuid& id) {
  SOUK_ASSIGN_OR_RETURN(Watched watched, Known(id));
  std::optional<Insight> insight;
  std::string unsaid;  // without orders it is explained from what is known here
  if (watched.state != State::kEnded) {
    Result<Insight> looked = orders_.Look(id);
    if (looked.ok()) insight = std::move(*looked);
    else unsaid = " (Orders could not say more: " + looked.error().message + ")";
  }
  Explained explained;
  explained.explanation = recovery::Explain(watched, insight, clock_.Now(), policy_) + unsaid;
  SOUK_ASSIGN_OR_RETURN(explained.decisions, store_.Decisions(id));
  explained.order = std::move(watched);
  return explained;
}

Decision OperatorActions::Begin(const Request& request, std::string action) const {
  return {.decision_id = Uuid::FromName("recovery-" + action, request.order_id.ToString() + "\n" + request.key),
          .order_id = request.order_id,
          .at = clock_.Now(),
          .who = request.who,
          .action = std::move(action),
          .note = request.note,
          .outcome = {}};
}

Result<std::optional<Decided>> OperatorActions::Earlier(const Decision& decision) {
  SOUK_ASSIGN_OR_RETURN(Watched watched, Known(decision.order_id));
  SOUK_ASSIGN_OR_RETURN(const std::vector<Decision> decisions, store_.Decisions(decision.order_id));
  for (const Decision& earlier : decisions) {
    if (earlier.decision_id == decision.decision_id) return std::optional(Decided{std::move(watched), earlier.outcome});
  }
  return std::optional<Decided>();
}

Result<Decided> OperatorActions::Keep(Decision decision, std::string outcome, const std::function<Watched(Watched)>& change) {
  decision.outcome = outcome;
  Decided decided{{}, std::move(outcome)};
  SOUK_ASSIGN_OR_RETURN(const bool fresh, store_.Decide(decision, [&](WatchedOrders& orders) {
    const auto found = orders.find(decision.order_id);
    if (found != orders.end()) decided.order = found->second = change(std::move(found->second));
  }));
  if (fresh) return decided;
  SOUK_ASSIGN_OR_RETURN(decided.order, Known(decision.order_id));
  return decided;
}

Result<Decided> OperatorActions::Retry(const Request& request) {
  Decision decision = Begin(request, "retry");
  SOUK_ASSIGN_OR_RETURN(std::optional<Decided> earlier, Earlier(decision));
  if (earlier) return std::move(*earlier);
  const Result<Answer> answer = ResumeNow(orders_, request.order_id);
  const SystemTime now = clock_.Now();
  std::string outcome = answer.ok() ? (answer->resumed ? "asked for again; it is " + answer->now.phase : "there is nothing to ask for: it is " + answer->now.phase)
                                    : "failed: " + answer.error().message;
  return Keep(std::move(decision), std::move(outcome), [&](Watched watched) {
    watched = Retried(std::move(watched), now);
    return answer.ok() ? AfterAnswer(std::move(watched), *answer, now, policy_, 0) : AfterError(std::move(watched), answer.error(), now, policy_, 0);
  });
}

Result<Decided> OperatorActions::Cancel(const Request& request) {
  Decision decision = Begin(request, "cancel");
  SOUK_ASSIGN_OR_RETURN(std::optional<Decided> earlier, Earlier(decision));
  if (earlier) return std::move(*earlier);
  SOUK_RETURN_IF_ERROR(orders_.Cancel(request.order_id, decision.decision_id.ToString(), "operator " + request.who + ": " + request.note));
  return Keep(std::move(decision), "orders cancels and undoes it",
              [&](Watched watched) { return Retried(std::move(watched), clock_.Now() + policy_.grace); });
}

Result<Decided> OperatorActions::MarkResolved(const Request& request) {
  Decision decision = Begin(request, "mark_resolved");
  SOUK_ASSIGN_OR_RETURN(std::optional<Decided> earlier, Earlier(decision));
  if (earlier) return std::move(*earlier);
  return Keep(std::move(decision), "left alone from now on", [](Watched watched) { return Resolved(std::move(watched)); });
}

}  // namespace souk::recovery
