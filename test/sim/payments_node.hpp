#pragma once

#include <memory>

#include "services/payments/app/memory_payment_store.hpp"
#include "services/payments/app/payments.hpp"
#include "test/sim/bank.hpp"
#include "test/sim/checks.hpp"
#include "test/sim/node.hpp"

namespace souk::sim {

/// What the instances of payments share: the database.
struct PaymentsData {
  explicit PaymentsData(World& world) : sql(world, "payments.sql"), store(PolicyOf()) {}
  static payments::Policy PolicyOf();
  Sql sql;
  payments::MemoryPaymentStore store;
};

class PaymentsNode final : public Node {
 public:
  PaymentsNode(World& world, Broker& broker, PaymentsData& data, Bank& bank, Checks& checks, std::string name);
  /// As adapters/webhooks.cpp, after the signature was found right. `accepted` is called when the provider gets its 2xx.
  void OnWebhook(const std::string& body, std::function<void()> accepted);

 private:
  void Boot() override;
  void Drop() override;
  Result<void> Apply(std::span<payments::Work> works);
  Result<void> ApplyOnce(std::span<payments::Work> works, std::vector<outbox::OutboxRecord>& records, std::int64_t sequence);
  void OnCommands(const std::vector<kafka::Record>& records, const Consumer::Done& done);

  PaymentsData& data_;
  Bank& bank_;
  Checks& checks_;
  std::unique_ptr<SimGateway> gateway_;
  std::unique_ptr<payments::Payments> payments_;
  std::unique_ptr<Writer<payments::Work>> writer_;
  std::vector<outbox::OutboxRecord> hand_off_;
};

}  // namespace souk::sim
