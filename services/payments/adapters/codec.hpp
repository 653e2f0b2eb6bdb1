#pragma once

#include "libs/outbox/outbox.hpp"
#include "services/payments/app/batch.hpp"
#include "services/payments/app/reconcile.hpp"
#include "souk/payments/v1/payment.pb.h"
#include "souk/payments/v1/payments_service.pb.h"

namespace souk::payments {

namespace wire = ::souk::payments::v1;

inline constexpr const char* kEventsTopic = "payments.payment.events.v1";
inline constexpr const char* kCommandsTopic = "payments.payment.commands.v1";

Money FromWire(const ::souk::common::v1::Money& money);
void ToWire(const Payment& payment, wire::Payment* out);
void ToWire(const Refund& refund, const std::string& currency, wire::Refund* out);
void ToWire(const Reconciliation& result, wire::ReconcileResponse* out);
void ToWire(const Finding& finding, wire::Finding* out);

/// The event as the outbox keeps it; its id follows from payment and version, so a transaction that runs twice writes
/// the same message.
outbox::OutboxRecord ToOutbox(const EmittedEvent& emitted);

/// The command in a record's payload. kInvalidArgument for an unreadable or unacceptable one; kUnimplemented for a type
/// that isn't a command of ours.
struct ReadCommand {
  Uuid payment_id;
  Input input;
};
Result<ReadCommand> ParseCommand(const std::string& type, const std::string& payload);

}  // namespace souk::payments
