#include "tools/payment-simulator/provider.hpp"

#include <algorithm>
#include <array>

#include "tools/payment-simulator/render.hpp"

namespace souk::payment_simulator {
namespace {

constexpr std::int64_t kAmountMax = 99'999'999'999;  // minor units; wide enough for our totals
constexpr std::int64_t kKeyRetentionSeconds = 24 * 3600;
constexpr std::string_view kInvalid = "invalid_request_error";
constexpr std::string_view kRequiresMethod = "requires_payment_method";
constexpr std::string_view kRequiresAction = "requires_action";
constexpr std::string_view kRequiresCapture = "requires_capture";
constexpr std::string_view kSucceeded = "succeeded";
constexpr std::string_view kCanceled = "canceled";

Answer BadParam(std::string_view param, std::string_view message, std::string_view code = "parameter_invalid_integer") {
  return {400, RenderError(kInvalid, code, message, {}, {}, param)};
}
Answer Missing(std::string_view what, std::string_view id, std::string_view param = "intent", int status = 404) {
  const std::string message = "No such " + std::string(what) + ": '" + std::string(id) + "'";
  return {status, RenderError(kInvalid, "resource_missing", message, {}, {}, param)};
}
Delivery DeliveryOf(const Intent& intent) {
  if (intent.card->behaviour == Behaviour::kSlow) return Delivery::kSlow;
  return intent.card->behaviour == Behaviour::kTimeoutAfterCommit ? Delivery::kNever : Delivery::kNow;
}
std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// The items of a list answer, newest first, as Stripe pages them.
struct Page {
  std::string items;
  std::size_t count = 0;
  bool has_more = false;
  void Add(const std::string& item) {
    if (count++ > 0) items += ',';
    items += item;
  }
  Answer Render(std::string_view object, std::string_view url) const {
    std::string out = R"({"object":")" + std::string(object) + R"(","url":")" + std::string(url);
    out += has_more ? R"(","has_more":true,"data":[)" : R"(","has_more":false,"data":[)";
    return {200, out + items + "]}"};
  }
};

}  // namespace

Provider::Provider(const Clock& clock, Random& random, EmitEvent emit)
    : clock_(clock), random_(random), emit_(std::move(emit)) {}

std::int64_t Provider::NowSeconds() const { return ToUnixMillis(clock_.Now()) / 1000; }

std::string Provider::NewId(std::string_view prefix) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id(prefix);
  std::uint64_t bits = random_.Next();
  for (int i = 0; i < 10; ++i, bits >>= 5) id += kDigits[bits & 31U];
  for (std::uint64_t number = ++counter_; number > 0; number /= 36) id += kDigits[number % 36];
  return id;
}

Provider::IntentPtr Provider::Find(std::string_view id) const {
  const auto found = intents_.find(std::string(id));
  return found == intents_.end() ? nullptr : found->second;
}

Answer Provider::Once(std::string_view key, std::string_view request, const std::function<Answer()>& work) {
  const std::lock_guard lock(mutex_);
  if (key.empty()) return work();
  const std::size_t fingerprint = std::hash<std::string_view>{}(request);
  if (const auto found = keys_.find(std::string(key)); found != keys_.end()) {
    if (found->second.fingerprint != fingerprint) {
      return {400, RenderError("idempotency_error", "", "Keys for idempotent requests can only be used with the same "
                                                        "parameters they were first used with.")};
    }
    Answer answer = found->second.answer;
    answer.delivery = Delivery::kNow;
    answer.replayed = true;
    return answer;
  }
  Answer answer = work();
  keys_.emplace(std::string(key), StoredAnswer{fingerprint, NowSeconds(), answer});
  return answer;
}

void Provider::ForgetOldKeys() {
  const std::lock_guard lock(mutex_);
  const std::int64_t oldest = NowSeconds() - kKeyRetentionSeconds;
  std::erase_if(keys_, [&](const auto& entry) { return entry.second.created < oldest; });
}

Answer Provider::CreateMethod(const Params& params) {
  std::string number;
  for (const char c : params.Get("card[number]")) {
    if (c != ' ' && c != '-') number += c;
  }
  if (params.Get("type") != "card") return BadParam("type", "Only cards are accepted.", "parameter_unknown");
  const Card* card = FindByNumber(number);
  if (card == nullptr) return {402, RenderError("card_error", "incorrect_number", "Your card number is incorrect.")};
  const std::string last4 = number.substr(number.size() - 4);
  const std::lock_guard lock(mutex_);
  const std::string id = NewId("pm_");
  methods_.emplace(id, Method{card, last4});
  std::string out = R"({"object":"payment_method","type":"card","id":)";
  AppendString(out, id);
  out += R"(,"card":{"brand":")" + std::string(card->brand) + R"(","last4":")" + last4 + "\"}}";
  return {200, std::move(out)};
}

std::optional<Provider::Method> Provider::FindMethod(std::string_view id) const {
  if (const Card* card = FindByToken(id)) return Method{card, std::string(card->number.substr(12))};
  const auto found = methods_.find(std::string(id));
  if (found == methods_.end()) return std::nullopt;
  return found->second;
}

Answer Provider::CreateIntent(const Params& params) {
  const auto amount = params.Int("amount");
  if (!amount || *amount <= 0 || *amount > kAmountMax) return BadParam("amount", "Invalid positive integer");
  const std::string currency = Lower(params.Get("currency"));
  if (currency.size() != 3) return BadParam("currency", "Invalid currency", "parameter_missing");
  const std::lock_guard lock(mutex_);
  const auto method = FindMethod(params.Get("payment_method"));
  if (!method) return Missing("PaymentMethod", params.Get("payment_method"), "payment_method", 400);
  auto intent = std::make_shared<Intent>();
  intent->id = NewId("pi_");
  intent->client_secret = intent->id + "_secret_" + NewId("");
  intent->created = NowSeconds();
  intent->amount = *amount;
  intent->currency = currency;
  intent->payment_method = std::string(params.Get("payment_method"));
  intent->last4 = method->last4;
  intent->card = method->card;
  intent->metadata = params.Metadata();
  intent->sequence = in_order_.size();
  intents_.emplace(intent->id, intent);
  in_order_.push_back(intent);
  for (const auto& [key, value] : intent->metadata) {
    if (key == "order_id") by_order_.emplace(value, intent);
  }
  if (params.Get("confirm") != "true") {
    intent->status = "requires_confirmation";
    return {200, RenderIntent(*intent, base_url_, false)};
  }
  Authorize(*intent);
  const std::string rendered = RenderIntent(*intent, base_url_, params.Expands("latest_charge"));
  if (intent->status != kRequiresMethod) return {200, rendered, DeliveryOf(*intent)};
  const Card& card = *intent->card;
  return {402, RenderError("card_error", card.code, card.message, card.decline_code, rendered)};
}

void Provider::Authorize(Intent& intent) {
  switch (intent.card->behaviour) {
    case Behaviour::kDecline:
      intent.status = kRequiresMethod;
      intent.error = intent.card;
      intent.payment_method.clear();
      return Emit("payment_intent.payment_failed", intent);
    case Behaviour::kChallenge:
      intent.status = kRequiresAction;
      intent.challenge = NewId("ch_sim_");
      challenges_.emplace(intent.challenge, intent.id);
      return Emit("payment_intent.requires_action", intent);
    default:
      intent.status = kRequiresCapture;
      intent.amount_capturable = intent.amount;
      intent.charge = NewId("ch_");
      return Emit("payment_intent.amount_capturable_updated", intent);
  }
}

Answer Provider::GetIntent(std::string_view id, const Params& query) {
  const std::lock_guard lock(mutex_);
  const IntentPtr intent = Find(id);
  if (!intent) return Missing("payment_intent", id);
  return {200, RenderIntent(*intent, base_url_, query.Expands("latest_charge"))};
}

Answer Provider::ListIntents(const Params& query) {
  const std::lock_guard lock(mutex_);
  const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(query.Int("limit").value_or(10), 1, 100));
  const std::int64_t since = query.Int("created[gte]").value_or(0);
  std::size_t next = in_order_.size();
  if (query.Has("starting_after")) {
    const IntentPtr after = Find(query.Get("starting_after"));
    if (!after) return Missing("payment_intent", query.Get("starting_after"), "starting_after", 400);
    next = after->sequence;
  }
  const bool expand = query.Expands("data.latest_charge");
  Page page;
  while (next-- > 0) {
    const IntentPtr& intent = in_order_[next];
    if (!intent) continue;
    if (intent->created < since) break;
    if (page.count == limit) {
      page.has_more = true;
      break;
    }
    page.Add(RenderIntent(*intent, base_url_, expand));
  }
  return page.Render("list", "/v1/payment_intents");
}

Answer Provider::SearchIntents(const Params& query) {
  // Only the form that we use: metadata['order_id']:'...'.
  const std::string_view text = query.Get("query");
  constexpr std::string_view kField = "metadata['order_id']:'";
  if (!text.starts_with(kField) || !text.ends_with("'") || text.size() <= kField.size()) {
    return BadParam("query", "Only metadata['order_id']:'...' can be searched.", "parameter_invalid_string");
  }
  const std::string order(text.substr(kField.size(), text.size() - kField.size() - 1));
  const std::lock_guard lock(mutex_);
  Page page;
  const auto [begin, end] = by_order_.equal_range(order);
  for (auto it = begin; it != end; ++it) {
    if (in_order_[it->second->sequence]) page.Add(RenderIntent(*it->second, base_url_, query.Expands("data.latest_charge")));
  }
  return page.Render("search_result", "/v1/payment_intents/search");
}

Answer Provider::Capture(std::string_view id, const Params& params) {
  const std::lock_guard lock(mutex_);
  const IntentPtr intent = Find(id);
  if (!intent) return Missing("payment_intent", id);
  if (intent->status != kRequiresCapture) {
    return {400, RenderError(kInvalid, "payment_intent_unexpected_state",
                             "This PaymentIntent could not be captured because it has a status of " + intent->status + ".",
                             {}, RenderIntent(*intent, base_url_, false))};
  }
  const std::int64_t amount = params.Has("amount_to_capture") ? params.Int("amount_to_capture").value_or(0) : intent->amount;
  if (amount <= 0 || amount > intent->amount_capturable) {
    return BadParam("amount_to_capture", "More than can be captured.", "amount_too_large");
  }
  intent->amount_capturable = 0;
  if (intent->card->behaviour == Behaviour::kCaptureFails) {
    intent->status = kCanceled;
    Emit("payment_intent.canceled", *intent);
    return {402, RenderError("card_error", "card_declined", "The capture was declined.", "generic_decline",
                             RenderIntent(*intent, base_url_, false))};
  }
  intent->status = kSucceeded;
  intent->amount_received = amount;
  captured_minor_ += amount;
  Emit("payment_intent.succeeded", *intent);
  return {200, RenderIntent(*intent, base_url_, params.Expands("latest_charge")), DeliveryOf(*intent)};
}

Answer Provider::Cancel(std::string_view id, const Params&) {
  const std::lock_guard lock(mutex_);
  const IntentPtr intent = Find(id);
  if (!intent) return Missing("payment_intent", id);
  if (intent->status == kSucceeded || intent->status == kCanceled) {
    return {400, RenderError(kInvalid, "payment_intent_unexpected_state",
                             "You cannot cancel this PaymentIntent because it has a status of " + intent->status + ".",
                             {}, RenderIntent(*intent, base_url_, false))};
  }
  intent->status = kCanceled;
  intent->amount_capturable = 0;
  Emit("payment_intent.canceled", *intent);
  return {200, RenderIntent(*intent, base_url_, false), DeliveryOf(*intent)};
}

Answer Provider::CreateRefund(const Params& params) {
  const std::lock_guard lock(mutex_);
  const IntentPtr intent = Find(params.Get("payment_intent"));
  if (!intent) return Missing("payment_intent", params.Get("payment_intent"), "payment_intent");
  const std::int64_t left = intent->amount_received - intent->amount_refunded;
  const std::int64_t amount = params.Has("amount") ? params.Int("amount").value_or(0) : left;
  if (amount <= 0) return BadParam("amount", "Invalid positive integer");
  if (amount > left) {
    return {400, RenderError(kInvalid, left == 0 && intent->amount_refunded > 0 ? "charge_already_refunded" : "amount_too_large",
                             "Refund amount is greater than unrefunded amount on charge.", {}, {}, "amount")};
  }
  RefundRecord refund{NewId("re_"), intent->id, intent->currency, amount, NowSeconds(), params.Metadata()};
  intent->amount_refunded += amount;
  refunded_minor_ += amount;
  refunds_[intent->id].push_back(refund);
  Emit("charge.refunded", *intent, RenderCharge(*intent));
  return {200, RenderRefund(refund), DeliveryOf(*intent)};
}

Answer Provider::ListRefunds(const Params& query) {
  const std::lock_guard lock(mutex_);
  Page page;
  const auto found = refunds_.find(std::string(query.Get("payment_intent")));
  if (found != refunds_.end()) {
    for (auto it = found->second.rbegin(); it != found->second.rend() && page.count < 100; ++it) page.Add(RenderRefund(*it));
  }
  return page.Render("list", "/v1/refunds");
}

Answer Provider::CompleteChallenge(std::string_view challenge, bool succeeded) {
  const std::lock_guard lock(mutex_);
  const auto found = challenges_.find(std::string(challenge));
  if (found == challenges_.end()) return Missing("challenge", challenge);
  Intent& intent = *Find(found->second);
  if (intent.status == kRequiresAction && succeeded) {
    intent.status = kRequiresCapture;
    intent.amount_capturable = intent.amount;
    intent.charge = NewId("ch_");
    Emit("payment_intent.amount_capturable_updated", intent);
  } else if (intent.status == kRequiresAction) {
    intent.status = kRequiresMethod;
    intent.authentication_failed = true;
    Emit("payment_intent.payment_failed", intent);
  }
  return {200, RenderIntent(intent, base_url_, false)};
}

Answer Provider::Stats() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::int64_t> by_status;
  std::int64_t count = 0;
  for (const IntentPtr& intent : in_order_) {
    if (!intent) continue;
    ++count;
    ++by_status[intent->status];
  }
  std::string out = R"({"intents":)" + std::to_string(count) + R"(,"captured_minor":)" + std::to_string(captured_minor_) +
                    R"(,"refunded_minor":)" + std::to_string(refunded_minor_) + R"(,"by_status":{)";
  bool first = true;
  for (const auto& [status, number] : by_status) {
    if (!first) out += ',';
    first = false;
    AppendString(out, status);
    out += ':' + std::to_string(number);
  }
  return {200, out + "}}"};
}

Answer Provider::Tamper(std::string_view id, const Params& params) {
  const std::lock_guard lock(mutex_);
  const IntentPtr intent = Find(id);
  if (!intent) return Missing("payment_intent", id);
  if (params.Has("status")) intent->status = params.Get("status");
  if (params.Has("amount")) intent->amount = params.Int("amount").value_or(intent->amount);
  if (params.Has("amount_refunded")) intent->amount_refunded = params.Int("amount_refunded").value_or(0);
  Answer answer{200, RenderIntent(*intent, base_url_, true)};
  if (params.Get("remove") == "true") {
    in_order_[intent->sequence] = nullptr;
    intents_.erase(intent->id);
  }
  return answer;
}

void Provider::Emit(std::string_view type, const Intent& intent, std::string object) {
  if (!emit_) return;
  ProviderEvent event;
  event.id = NewId("evt_");
  event.type = type;
  event.duplicate_and_reorder = intent.card->behaviour == Behaviour::kDuplicateWebhook;
  event.body = R"({"object":"event","livemode":false,"id":")" + event.id + R"(","type":")" + event.type +
               R"(","created":)" + std::to_string(NowSeconds()) + R"(,"data":{"object":)" +
               (object.empty() ? RenderIntent(intent, base_url_, false) : object) + "}}";
  emit_(std::move(event));
}

}  // namespace souk::payment_simulator
