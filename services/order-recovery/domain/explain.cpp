#include "services/order-recovery/domain/explain.hpp"

#include <algorithm>

#include "libs/base/time.hpp"

namespace souk::recovery {
namespace {

struct Words {
  std::string_view phase;
  std::string_view waits;
};
constexpr Words kWords[] = {
    {"RESERVING", "inventory's claim on its stock"},
    {"AUTHORIZING", "payments to hold the money on the card"},
    {"CHALLENGED", "the customer, in front of the bank's page"},
    {"CAPTURING", "payments to take the money"},
    {"FULFILLING", "inventory to turn the claim into a sale and fulfillment to label the parcel"},
    {"CONFIRMED", "the carrier to take the parcel"},
    {"DISPATCHED", "the carrier to deliver the parcel"},
    {"CANCELLING_SHIPMENT", "fulfillment's word whether the parcel can still be stopped"},
    {"UNDOING", "what was done to be undone (release, void, refund or restock)"},
    {"RETURNING", "returned goods, and then refund and restock"},
};

std::string WaitsFor(const Watched& watched) {
  for (const Words& words : kWords) {
    if (words.phase == watched.phase) return std::string(words.waits);
  }
  return watched.waiting_for == "undo" ? "what happened after its end to be undone" : "'" + watched.waiting_for + "'";
}

/// "42 s", "3 min", "5 h", "4 days".
std::string Span(SystemTime from, SystemTime to) {
  const std::int64_t seconds = std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(to - from).count());
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 120 * 60) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " days";
}

std::string Times(int count) { return count == 1 ? "once" : std::to_string(count) + " times"; }

std::string Tried(const Watched& watched, const std::optional<Insight>& insight, SystemTime now) {
  std::string text;
  if (insight) {
    text += insight->attempts == 0 ? " Orders has not had to ask again yet." : " It was asked for again " + Times(insight->attempts) + " in all.";
    if (!insight->last_step.empty()) text += " The newest step is \"" + insight->last_step + "\".";
  }
  if (!watched.last_tried_at) return text + " order-recovery has not had to touch it.";
  text += " order-recovery tried last " + Span(*watched.last_tried_at, now) + " ago: " + watched.last_outcome;
  if (watched.asks > 0) text += " (resumed " + Times(watched.asks) + " without going on)";
  if (watched.unreachable > 0) text += " (orders could not be asked " + Times(watched.unreachable) + ")";
  return text + ".";
}

std::string Next(const Watched& watched, const std::optional<Insight>& insight, SystemTime now, const Policy& policy) {
  std::string text = " Next: ";
  if (watched.state == State::kQuarantined) {
    return text + "nothing by itself. It is quarantined, because resuming it failed " + Times(watched.failures) + " (" + watched.last_outcome +
           "); mend the cause and retry it, or resolve it.";
  }
  if (watched.state == State::kResolved) return text + "nothing. A person has marked it as resolved.";
  if (watched.next_try_at && *watched.next_try_at > now) {
    text += "unless it goes on by itself, order-recovery resumes it in " + Span(now, *watched.next_try_at);
  } else {
    text += "order-recovery resumes it now";
  }
  if (insight && insight->give_up_at) {
    text += *insight->give_up_at > now ? ", and from " + FormatTime(*insight->give_up_at) + " on it is undone instead of asked for"
                                       : ", and then it is undone, because it has waited too long";
  } else if (watched.phase != "UNDOING") {
    text += ", and it is asked for until it is answered";
  }
  if (NeedsAttention(watched, policy)) text += ". Asking has not helped for long: somebody should look at who does not answer";
  return text + ".";
}

}  // namespace

std::string Explain(const Watched& watched, const std::optional<Insight>& insight, SystemTime now, const Policy& policy) {
  const std::string id = "Order " + watched.order_id.ToString();
  if (watched.state == State::kEnded) return id + " has ended (" + watched.status + ") and waits for nothing.";
  std::string text = id + " (" + watched.status + ") waits for " + WaitsFor(watched) + " since " + FormatTime(watched.since) + ", " +
                     Span(watched.since, now) + " ago";
  const auto deadline = insight && insight->deadline_at ? insight->deadline_at : watched.deadline_at;
  if (deadline) text += *deadline < now ? "; its deadline passed " + Span(*deadline, now) + " ago" : "; its deadline is in " + Span(now, *deadline);
  return text + "." + Tried(watched, insight, now) + Next(watched, insight, now, policy);
}

}  // namespace souk::recovery
