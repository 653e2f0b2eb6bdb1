#include "services/orders/test/fake_participants.hpp"

#include "libs/base/random.hpp"
#include "libs/kafka/envelope.hpp"
#include "souk/fulfillment/v1/shipment_commands.pb.h"
#include "souk/fulfillment/v1/shipment_events.pb.h"
#include "souk/inventory/v1/reservation_commands.pb.h"
#include "souk/inventory/v1/reservation_events.pb.h"
#include "souk/payments/v1/payment_commands.pb.h"
#include "souk/payments/v1/payment_events.pb.h"

namespace souk::orders::testing {

namespace f = souk::fulfillment::v1;
namespace i = souk::inventory::v1;
namespace p = souk::payments::v1;

namespace {

const char kStock[] = "inventory.reservation.events.v1";
const char kPayment[] = "payments.payment.events.v1";
const char kShipment[] = "fulfillment.shipment.events.v1";

template <class T>
T As(const std::string& payload) {
  T message;
  message.ParseFromString(payload);
  return message;
}

}  // namespace

FakeParticipants::FakeParticipants(const std::string& brokers) {
  kafka::ProducerConfig producer;
  producer.brokers = brokers;
  producer_ = std::move(kafka::Producer::Create(producer)).value();
  SystemRandom random;
  kafka::ConsumerConfig consumer;
  consumer.brokers = brokers;
  consumer.group = "orders-test." + std::to_string(random.Next());
  consumer.offset_reset = "latest";  // what earlier tests left on the topics is not ours
  consumer.topics = {"inventory.reservation.commands.v1", "payments.payment.commands.v1", "fulfillment.shipment.commands.v1"};
  consumer_ = std::move(kafka::Consumer::Start(consumer, [this](auto& records) { return Hear(records); })).value();
}

void FakeParticipants::Stop() {
  if (consumer_) consumer_->Stop();
  if (producer_) static_cast<void>(producer_->Flush(std::chrono::seconds(5)));
}

FakeParticipants::Book FakeParticipants::book(const std::string& order_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = books_.find(order_id);
  return found == books_.end() ? Book{} : found->second;
}

template <class Event>
void FakeParticipants::Say(const std::string& topic, const std::string& id, Book& book, const Event& event) {
  static SystemRandom random;
  static SystemClock clock;
  kafka::Envelope envelope;
  envelope.id = NewUuidV7(clock, random);
  envelope.type = Event::descriptor()->full_name();
  envelope.source = "test";
  envelope.subject = id;
  envelope.time = clock.Now();
  envelope.aggregate_version = ++book.replies;
  for (int n = repeats ? 2 : 1; n > 0; --n) {
    static_cast<void>(producer_->Produce(kafka::ToRecord(topic, envelope, event.SerializeAsString()), [](const Result<void>&) {}));
  }
}

Result<void> FakeParticipants::Hear(std::vector<kafka::Record>& records) {
  if (deaf) return MakeError(ErrorCode::kUnavailable, "deaf");
  const std::lock_guard lock(mutex_);
  for (const kafka::Record& record : records) {
    const std::string type(record.HeaderValue("ce_type"));
    const std::string name = type.substr(type.rfind('.') + 1);
    Book& book = books_[record.key];
    ++book.commands[name];
    if (type.rfind("souk.inventory", 0) == 0) OnStock(name, record.value, record.key, book);
    if (type.rfind("souk.payments", 0) == 0) OnPayment(name, record.value, record.key, book);
    if (type.rfind("souk.fulfillment", 0) == 0) OnShipment(name, record.value, record.key, book);
  }
  return {};
}

void FakeParticipants::OnStock(const std::string& name, const std::string& payload, const std::string& id, Book& book) {
  if (name == "ReserveStock") {
    book.sku = As<i::ReserveStock>(payload).lines(0).sku();
    if (book.sku == "never-reserved" || (book.sku == "slow-reserve" && book.commands[name] < 2)) return;
    if (book.sku == "out-of-stock" || book.stock == "released") {
      i::StockRejected rejected;
      rejected.set_reason(book.stock == "released" ? "CANCELLED" : "OUT_OF_STOCK");
      return Say(kStock, id, book, rejected);
    }
    if (book.stock.empty()) book.stock = "held";
    return Say(kStock, id, book, i::StockReserved());
  }
  if (name == "ReleaseStock") {
    if (book.stock.empty() || book.stock == "held") book.stock = "released";
    return Say(kStock, id, book, i::StockReleased());
  }
  if (name == "CommitStock") {
    if (book.stock == "held") book.stock = book.sku == "expires-at-commit" ? "expired" : "sold";
    if (book.stock != "expired") return Say(kStock, id, book, i::StockCommitted());
    i::StockCommitFailed failed;
    failed.set_reason("EXPIRED");
    return Say(kStock, id, book, failed);
  }
  i::StockRestocked restocked;
  restocked.set_restock_id(As<i::RestockItems>(payload).restock_id());
  book.restocks.insert(restocked.restock_id());
  Say(kStock, id, book, restocked);
}

void FakeParticipants::OnPayment(const std::string& name, const std::string& payload, const std::string& id, Book& book) {
  if (name == "AuthorizePayment") {
    const auto command = As<p::AuthorizePayment>(payload);
    book.method = command.payment_method();
    book.amount = command.amount().minor_units();
    if (book.method == "pm_silent") return;
    if (book.payment.empty()) {
      book.payment = book.method == "pm_declined" ? "declined" : book.method == "pm_challenge" ? "challenged" : "authorized";
    }
    if (book.payment == "authorized") return Say(kPayment, id, book, p::PaymentAuthorized());
    if (book.payment == "challenged") {
      p::PaymentChallenged challenged;
      challenged.set_challenge_url("https://bank.example/" + id);
      return Say(kPayment, id, book, challenged);
    }
    p::PaymentDeclined declined;
    declined.set_decline_code(book.payment == "declined" ? "insufficient_funds" : "cancelled");
    return Say(kPayment, id, book, declined);
  }
  if (name == "CapturePayment") {
    if (book.method == "pm_slow_capture" && book.commands[name] < 2) return;
    if (book.payment == "authorized") book.payment = book.method == "pm_capture_fails" ? "failed" : "captured";
    if (book.payment != "captured") {
      p::CaptureFailed failed;
      failed.set_decline_code("processing_error");
      return Say(kPayment, id, book, failed);
    }
  }
  if (name == "VoidPayment" && book.payment != "captured") {
    book.payment = "voided";
    return Say(kPayment, id, book, p::PaymentVoided());
  }
  if (name == "RefundPayment") {
    const auto command = As<p::RefundPayment>(payload);
    if (book.refunds.insert(command.refund_id()).second) book.refunded += command.amount().minor_units();
    p::PaymentRefunded refunded;
    refunded.set_refund_id(command.refund_id());
    refunded.mutable_refunded_total()->set_minor_units(book.refunded);
    return Say(kPayment, id, book, refunded);
  }
  book.captured = book.amount;
  p::PaymentCaptured captured;
  captured.mutable_amount()->set_minor_units(book.captured);
  Say(kPayment, id, book, captured);
}

void FakeParticipants::OnShipment(const std::string& name, const std::string& payload, const std::string& id, Book& book) {
  if (name == "CreateShipment") {
    book.line2 = As<f::CreateShipment>(payload).ship_to().line2();
    if (book.shipment.empty()) book.shipment = book.line2 == "REFUSE" ? "refused" : "created";
    SayShipment(id, book);
    if (book.shipment != "created" || book.line2 == "HOLD") return;
    book.shipment = "dispatched";
    if (book.line2 == "GONE") return;
    SayShipment(id, book);
    book.shipment = book.line2 == "LOSE" ? "lost" : "delivered";
    return SayShipment(id, book);
  }
  if (name == "CancelShipment") {
    if (book.shipment.empty() || book.shipment == "created") book.shipment = "cancelled";
    return SayShipment(id, book);
  }
  const auto command = As<f::ExpectReturn>(payload);
  f::ReturnReceived received;
  received.set_return_id(command.return_id());
  *received.mutable_lines() = command.lines();
  Say(kShipment, id, book, received);
}

void FakeParticipants::SayShipment(const std::string& id, Book& book) {
  f::ShipmentCreated created;
  created.set_tracking_code("T-" + id.substr(0, 8));
  if (book.shipment == "created") Say(kShipment, id, book, created);
  if (book.shipment == "refused") Say(kShipment, id, book, f::ShipmentRefused());
  if (book.shipment == "dispatched") Say(kShipment, id, book, f::ShipmentDispatched());
  if (book.shipment == "delivered") Say(kShipment, id, book, f::ShipmentDelivered());
  if (book.shipment == "lost") Say(kShipment, id, book, f::ShipmentLost());
  if (book.shipment == "cancelled") Say(kShipment, id, book, f::ShipmentCancelled());
}

void FakeParticipants::Carrier(const std::string& order_id, const std::string& state) {
  const std::lock_guard lock(mutex_);
  books_[order_id].shipment = state;
  SayShipment(order_id, books_[order_id]);
}

void FakeParticipants::Poison(const std::string& order_id) {
  const std::lock_guard lock(mutex_);
  Book& book = books_[order_id];
  SystemRandom random;
  SystemClock clock;
  kafka::Envelope envelope{NewUuidV7(clock, random), "souk.payments.v1.PaymentAuthorized", "test", order_id, clock.Now(), ++book.replies, {}, {}, {}};
  static_cast<void>(producer_->Produce(kafka::ToRecord(kPayment, envelope, "\xff\xff\xff"), [](const Result<void>&) {}));
  p::PaymentCaptured captured;
  captured.mutable_amount()->set_minor_units(book.amount + 1);
  Say(kPayment, order_id, book, captured);
}

void FakeParticipants::Bank(const std::string& order_id, bool authorized) {
  const std::lock_guard lock(mutex_);
  Book& book = books_[order_id];
  book.payment = authorized ? "authorized" : "declined";
  if (authorized) return Say(kPayment, order_id, book, p::PaymentAuthorized());
  p::PaymentDeclined declined;
  declined.set_decline_code("authentication_failed");
  Say(kPayment, order_id, book, declined);
}

}  // namespace souk::orders::testing
