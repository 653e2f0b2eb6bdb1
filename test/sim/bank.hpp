#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/payments/app/ports.hpp"
#include "test/sim/world.hpp"
#include "tools/payment-simulator/provider.hpp"

namespace souk::sim {

class Node;
class PaymentsNode;

/// The card provider, outside of the fleet: the payment simulator's own rules and memory behind a network that loses, delays and repeats,
/// and the money as the bank sees it.
class Bank {
 public:
  explicit Bank(World& world);

  /// Who is told of webhooks; any of them may be down.
  void SetReceivers(std::vector<PaymentsNode*> receivers) { receivers_ = std::move(receivers); }
  /// A request as it leaves the caller: arrives, is worked off whatever becomes of the caller, and may be answered.
  void Request(const payments::ProviderCall& call, std::function<void(payments::ProviderResult)> answer);
  /// Nobody answers there for a while.
  void GoAway(microseconds time);
  /// The customer in front of the bank's page. False when there is no such page.
  bool CompleteChallenge(const std::string& url, bool succeeds);

  struct Account {
    std::int64_t captured = 0;  ///< minor units, over all intents
    std::int64_t refunded = 0;
    int charges = 0;   ///< captures that took money
    int intents = 0;   ///< payments begun
    std::vector<std::string> provider_ids;
  };
  /// By order.
  const std::map<std::string, Account>& accounts() const { return accounts_; }
  /// The provider's record now.
  payments::ProviderResult Look(const std::string& provider_id);

 private:
  payment_simulator::Answer Work(const payments::ProviderCall& call);
  payment_simulator::Answer Once(const payments::ProviderCall& call);
  void Book(const payments::ProviderCall& call, const payments::ProviderResult& result);
  void Send(const payment_simulator::ProviderEvent& event);
  void Deliver(std::shared_ptr<const std::string> body, int attempt);

  World& world_;
  SystemTime away_until_{};
  payment_simulator::Provider provider_;
  std::map<std::string, Account> accounts_;
  std::vector<PaymentsNode*> receivers_;
};

/// The provider as one process reaches it.
class SimGateway final : public payments::PaymentGateway {
 public:
  SimGateway(Node& node, Bank& bank) : node_(node), bank_(bank) {}
  void Call(const payments::ProviderCall& call, std::function<void(payments::ProviderResult)> done) override;
  void List(std::int64_t, const std::string&, std::function<void(Result<payments::IntentPage>)> done) override;

 private:
  Node& node_;
  Bank& bank_;
  std::uint64_t calls_ = 0;
};

}  // namespace souk::sim
