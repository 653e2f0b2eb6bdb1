#include "services/payments/adapters/codec.hpp"

#include "services/payments/app/validation.hpp"
#include "souk/payments/v1/payment_commands.pb.h"
#include "souk/payments/v1/payment_events.pb.h"

namespace souk::payments {
namespace {

void SetMoney(std::int64_t minor_units, const std::string& currency, ::souk::common::v1::Money* out) {
  out->set_minor_units(minor_units);
  out->set_currency(currency);
}
void SetMoney(const Money& money, ::souk::common::v1::Money* out) { SetMoney(money.minor_units, money.currency, out); }

void SetTime(SystemTime time, google::protobuf::Timestamp* out) {
  const std::int64_t micros = ToUnixMicros(time);
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<std::int32_t>(micros % 1'000'000) * 1000);
}

struct Encoded {
  std::string type;
  std::string payload;
};
template <class Message>
Encoded Encode(const Uuid& payment_id, const std::function<void(Message&)>& fill) {
  Message message;
  message.set_payment_id(payment_id.ToString());
  if (fill) fill(message);
  return {message.GetTypeName(), message.SerializeAsString()};
}

Encoded EncodeEvent(const Uuid& id, const Event& event) {
  switch (event.kind) {
    case EventKind::kAuthorized:
      return Encode<wire::PaymentAuthorized>(id, [&](auto& m) { SetMoney(event.amount, m.mutable_amount()); });
    case EventKind::kDeclined:
      return Encode<wire::PaymentDeclined>(id, [&](auto& m) { m.set_decline_code(event.decline_code); });
    case EventKind::kChallenged:
      return Encode<wire::PaymentChallenged>(id, [&](auto& m) { m.set_challenge_url(event.challenge_url); });
    case EventKind::kCaptured:
      return Encode<wire::PaymentCaptured>(id, [&](auto& m) { SetMoney(event.amount, m.mutable_amount()); });
    case EventKind::kCaptureFailed:
      return Encode<wire::CaptureFailed>(id, [&](auto& m) { m.set_decline_code(event.decline_code); });
    case EventKind::kVoided: return Encode<wire::PaymentVoided>(id, {});
    case EventKind::kRefunded:
      return Encode<wire::PaymentRefunded>(id, [&](auto& m) {
        m.set_refund_id(event.refund_id);
        SetMoney(event.amount, m.mutable_amount());
        SetMoney(event.refunded_total, event.amount.currency, m.mutable_refunded_total());
      });
    case EventKind::kRefundFailed:
      return Encode<wire::RefundFailed>(id, [&](auto& m) {
        m.set_refund_id(event.refund_id);
        m.set_reason(event.reason);
      });
  }
  return {};
}

Error Unreadable() { return MakeError(ErrorCode::kInvalidArgument, "the payload is not the message that ce_type names", "INVALID_PAYLOAD"); }

template <class Message>
Result<ReadCommand> Read(const std::string& payload, const std::function<Result<Input>(const Message&)>& convert) {
  Message message;
  if (!message.ParseFromString(payload)) return Unreadable();
  SOUK_ASSIGN_OR_RETURN(const Uuid id, ValidPaymentId(message.payment_id()));
  SOUK_ASSIGN_OR_RETURN(Input input, convert(message));
  return ReadCommand{id, std::move(input)};
}

template <class Command>
Result<Input> Checked(Command command) {
  SOUK_RETURN_IF_ERROR(Validate(command));
  return Input(std::move(command));
}

}  // namespace

Money FromWire(const ::souk::common::v1::Money& money) { return {money.minor_units(), money.currency()}; }

void ToWire(const Payment& payment, wire::Payment* out) {
  const std::string id = payment.payment_id.ToString();
  out->set_payment_id(id);
  out->set_order_id(id);
  out->set_status(static_cast<wire::PaymentStatus>(payment.status));
  SetMoney(payment.amount, out->mutable_amount());
  SetMoney(payment.captured, payment.amount.currency, out->mutable_captured());
  SetMoney(payment.refunded, payment.amount.currency, out->mutable_refunded());
  out->set_provider_id(payment.provider_id);
  out->set_decline_code(payment.decline_code);
  out->set_challenge_url(payment.challenge_url);
  out->set_unknown(payment.unknown);
  out->set_version(payment.version);
  SetTime(payment.created_at, out->mutable_created_at());
  SetTime(payment.updated_at, out->mutable_updated_at());
}

void ToWire(const Refund& refund, const std::string& currency, wire::Refund* out) {
  out->set_refund_id(refund.refund_id);
  SetMoney(refund.amount, currency, out->mutable_amount());
  out->set_status(std::string(ToString(refund.status)));
  out->set_provider_id(refund.provider_id);
}

namespace {

void ToWire(const Difference& difference, wire::Difference* item) {
  item->set_payment_id(difference.payment_id);
  item->set_provider_id(difference.provider_id);
  item->set_kind(difference.kind);
  item->set_ours(difference.ours);
  item->set_theirs(difference.theirs);
  item->set_finding_id(difference.id().ToString());
  item->set_resolution(difference.resolution);
  item->set_reason(difference.reason);
}

}  // namespace

void ToWire(const Reconciliation& result, wire::ReconcileResponse* out) {
  out->set_compared(result.compared);
  for (const Difference& difference : result.differences) ToWire(difference, out->add_differences());
}

void ToWire(const Finding& finding, wire::Finding* out) {
  ToWire(finding.difference, out->mutable_difference());
  SetTime(finding.first_seen, out->mutable_first_seen());
  SetTime(finding.last_seen, out->mutable_last_seen());
  out->set_decided_by(finding.decided_by);
  out->set_note(finding.note);
}

outbox::OutboxRecord ToOutbox(const EmittedEvent& emitted) {
  const std::string id = emitted.payment_id.ToString();
  Encoded encoded = EncodeEvent(emitted.payment_id, emitted.event);
  outbox::OutboxRecord record;
  record.topic = kEventsTopic;
  record.payload = std::move(encoded.payload);
  record.envelope.id = Uuid::FromName("payments", id + ":" + std::to_string(emitted.event.version));
  record.envelope.type = std::move(encoded.type);
  record.envelope.source = "payments";
  record.envelope.subject = id;
  record.envelope.time = emitted.at;
  record.envelope.aggregate_version = emitted.event.version;
  record.envelope.correlation_id = id;
  record.envelope.causation_id = emitted.cause.causation_id;
  record.envelope.traceparent = emitted.cause.traceparent;
  return record;
}

Result<ReadCommand> ParseCommand(const std::string& type, const std::string& payload) {
  if (type == "souk.payments.v1.AuthorizePayment") {
    return Read<wire::AuthorizePayment>(payload, [](const auto& m) { return Checked(Authorize{FromWire(m.amount()), m.payment_method(), m.customer_id()}); });
  }
  if (type == "souk.payments.v1.CapturePayment") {
    return Read<wire::CapturePayment>(payload, [](const auto& m) { return Checked(Capture{FromWire(m.amount())}); });
  }
  if (type == "souk.payments.v1.VoidPayment") {
    return Read<wire::VoidPayment>(payload, [](const auto& m) -> Result<Input> { return Input(Void{m.reason()}); });
  }
  if (type == "souk.payments.v1.RefundPayment") {
    return Read<wire::RefundPayment>(payload, [](const auto& m) { return Checked(GiveBack{m.refund_id(), FromWire(m.amount()), m.reason()}); });
  }
  return MakeError(ErrorCode::kUnimplemented, "no command of this service: " + type);
}

}  // namespace souk::payments
