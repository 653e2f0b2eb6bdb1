// The provider's memory as one JSON document, so that a clean stop and a new start forget nothing.
#include <nlohmann/json.hpp>

#include "tools/payment-simulator/provider.hpp"

namespace souk::payment_simulator {
namespace {

using nlohmann::json;

std::string TokenOf(const Card* card) { return card == nullptr ? "" : std::string(card->token); }
const Card* CardOf(const json& token) { return token.get_ref<const std::string&>().empty() ? nullptr : FindByToken(token.get<std::string>()); }

json ToJson(const Intent& intent) {
  return {{"id", intent.id}, {"client_secret", intent.client_secret}, {"created", intent.created}, {"amount", intent.amount},
          {"capturable", intent.amount_capturable}, {"received", intent.amount_received}, {"refunded", intent.amount_refunded},
          {"currency", intent.currency}, {"status", intent.status}, {"payment_method", intent.payment_method}, {"last4", intent.last4},
          {"charge", intent.charge}, {"challenge", intent.challenge}, {"card", TokenOf(intent.card)}, {"error", TokenOf(intent.error)},
          {"authentication_failed", intent.authentication_failed}, {"metadata", intent.metadata}};
}

Intent ToIntent(const json& j) {
  Intent intent;
  intent.id = j.at("id");
  intent.client_secret = j.at("client_secret");
  intent.created = j.at("created");
  intent.amount = j.at("amount");
  intent.amount_capturable = j.at("capturable");
  intent.amount_received = j.at("received");
  intent.amount_refunded = j.at("refunded");
  intent.currency = j.at("currency");
  intent.status = j.at("status");
  intent.payment_method = j.at("payment_method");
  intent.last4 = j.at("last4");
  intent.charge = j.at("charge");
  intent.challenge = j.at("challenge");
  intent.card = CardOf(j.at("card"));
  intent.error = CardOf(j.at("error"));
  intent.authentication_failed = j.at("authentication_failed");
  intent.metadata = j.at("metadata").get<Params::Pairs>();
  return intent;
}

}  // namespace

std::string Provider::Save() const {
  const std::lock_guard lock(mutex_);
  json state = {{"counter", counter_}, {"captured", captured_minor_}, {"refunded", refunded_minor_}, {"challenges", challenges_}};
  for (const IntentPtr& intent : in_order_) state["intents"].push_back(intent == nullptr ? json() : ToJson(*intent));
  for (const auto& [id, method] : methods_) state["methods"].push_back({id, TokenOf(method.card), method.last4});
  for (const auto& [intent, refunds] : refunds_) {
    for (const RefundRecord& r : refunds) state["refunds"].push_back({intent, r.id, r.currency, r.amount, r.created, r.metadata});
  }
  for (const auto& [key, stored] : keys_) {
    state["keys"].push_back({key, stored.fingerprint, stored.created, stored.answer.status, stored.answer.body});
  }
  return state.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<void> Provider::Load(const std::string& text) try {
  const json state = json::parse(text);
  const std::lock_guard lock(mutex_);
  counter_ = state.at("counter");
  captured_minor_ = state.at("captured");
  refunded_minor_ = state.at("refunded");
  challenges_ = state.at("challenges").get<std::unordered_map<std::string, std::string>>();
  for (const json& entry : state.value("intents", json::array())) {
    in_order_.push_back(nullptr);
    if (entry.is_null()) continue;
    auto intent = std::make_shared<Intent>(ToIntent(entry));
    intent->sequence = in_order_.size() - 1;
    in_order_.back() = intent;
    intents_[intent->id] = intent;
    for (const auto& [name, value] : intent->metadata) {
      if (name == "order_id") by_order_.emplace(value, intent);
    }
  }
  for (const json& entry : state.value("methods", json::array())) methods_[entry.at(0)] = {CardOf(entry.at(1)), entry.at(2)};
  for (const json& entry : state.value("refunds", json::array())) {
    refunds_[entry.at(0)].push_back({entry.at(1), entry.at(0), entry.at(2), entry.at(3), entry.at(4), entry.at(5).get<Params::Pairs>()});
  }
  for (const json& entry : state.value("keys", json::array())) {
    keys_[entry.at(0)] = {entry.at(1), entry.at(2), Answer{entry.at(3), entry.at(4)}};
  }
  return {};
} catch (const json::exception& error) {
  return MakeError(ErrorCode::kInvalidArgument, std::string("the saved state can't be read: ") + error.what());
}

}  // namespace souk::payment_simulator
