#include "services/orders/adapters/codec.hpp"

#include <gtest/gtest.h>

#include <set>

#include "services/orders/adapters/order_rows.hpp"
#include "services/orders/adapters/validate.hpp"
#include "services/orders/domain/saga_fixture.hpp"
#include "souk/inventory/v1/reservation_commands.pb.h"
#include "souk/payments/v1/payment_commands.pb.h"
#include "souk/payments/v1/payment_events.pb.h"

namespace souk::orders {
namespace {

constexpr std::chrono::minutes kHold{15};

std::vector<outbox::OutboxRecord> RecordsOf(const testing::Story& story) {
  const auto order = std::make_shared<const Order>(story.order());
  std::vector<outbox::OutboxRecord> records;
  std::int64_t version = 0;
  for (const Message& message : story.messages()) records.push_back(Encode({order, message, ++version, "cause", ""}, kHold));
  return records;
}

TEST(CodecTest, GivesEveryMessageAnIdOfItsOwnThatARepeatedTransactionMakesAgain) {
  const testing::Story story = testing::StoryUpTo(Phase::kReturned);
  const auto first = RecordsOf(story);
  const auto second = RecordsOf(story);
  std::set<Uuid> ids;
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].envelope.id, second[i].envelope.id);
    EXPECT_EQ(first[i].payload, second[i].payload);
    EXPECT_EQ(first[i].envelope.subject, story.order().id().ToString());
    ids.insert(first[i].envelope.id);
  }
  EXPECT_EQ(ids.size(), first.size());
}

TEST(CodecTest, SpeaksToTheParticipantsInTheirWords) {
  const auto records = RecordsOf(testing::StoryUpTo(Phase::kReturned));
  std::map<std::string, const outbox::OutboxRecord*> by_type;
  for (const auto& record : records) by_type[record.envelope.type] = &record;

  inventory::v1::ReserveStock reserve;
  ASSERT_TRUE(reserve.ParseFromString(by_type.at("souk.inventory.v1.ReserveStock")->payload));
  EXPECT_EQ(reserve.reservation_id(), testing::SomeContent()->order_id.ToString());
  EXPECT_EQ(reserve.lines_size(), 2);
  EXPECT_EQ(reserve.hold().seconds(), 900);

  payments::v1::RefundPayment refund;
  ASSERT_TRUE(refund.ParseFromString(by_type.at("souk.payments.v1.RefundPayment")->payload));
  EXPECT_EQ(refund.amount().minor_units(), 1120);
  EXPECT_TRUE(Uuid::Parse(refund.refund_id()).has_value());

  for (const char* type : {"souk.orders.v1.OrderAccepted", "souk.orders.v1.OrderConfirmed", "souk.orders.v1.OrderDispatched",
                           "souk.orders.v1.OrderCompleted", "souk.orders.v1.OrderReturned", "souk.fulfillment.v1.ExpectReturn"}) {
    EXPECT_EQ(by_type.count(type), 1u) << type;
  }
}

TEST(CodecTest, ReadsWhatItKnowsAndLeavesTheRest) {
  payments::v1::PaymentRefunded refunded;
  refunded.set_refund_id("r");
  refunded.mutable_refunded_total()->set_minor_units(70);
  const auto reply = DecodeReply("souk.payments.v1.PaymentRefunded", refunded.SerializeAsString());
  ASSERT_TRUE(reply.ok() && reply->has_value());
  EXPECT_EQ((*reply)->ref_id, "r");
  EXPECT_EQ((*reply)->amount_minor, 70);
  EXPECT_FALSE(DecodeReply("souk.payments.v1.SomethingNew", "x")->has_value());
  EXPECT_FALSE(DecodeReply("souk.payments.v1.PaymentRefunded", "\xff\xff").ok());
}

TEST(CodecTest, KeepsReturnsInOneColumn) {
  const std::vector<ReturnLine> lines = {{"a.b-c_1", 3, true}, {"x", 100'000, false}};
  EXPECT_EQ(DecodeReturnLines(EncodeReturnLines(lines)), lines);
  EXPECT_TRUE(DecodeReturnLines("").empty());
  const OpenReturn open{"0190-id", true, 1234, lines};
  EXPECT_EQ(DecodeOpenReturn(EncodeOpenReturn(open)), open);
  EXPECT_EQ(DecodeOpenReturn(EncodeOpenReturn({})), OpenReturn{});
}

v1::PlaceOrderRequest SomeRequest() {
  v1::PlaceOrderRequest request;
  request.set_customer_id("c1");
  request.set_currency("GBP");
  request.set_payment_method("pm_x");
  auto* line = request.add_lines();
  line->set_sku("mug");
  line->set_quantity(1);
  auto* address = request.mutable_ship_to();
  address->set_name("Ada");
  address->set_line1("1 Lane");
  address->set_city("Bath");
  address->set_country("GB");
  return request;
}

std::string FieldRefused(const std::function<void(v1::PlaceOrderRequest&)>& change) {
  v1::PlaceOrderRequest request = SomeRequest();
  change(request);
  const auto place = CheckPlaceOrder(request, "key");
  return place.ok() ? "" : place.error().fields.at(0).field;
}

TEST(ValidateTest, NamesTheFieldThatIsOutOfItsLimits) {
  EXPECT_EQ(FieldRefused([](auto&) {}), "");
  EXPECT_EQ(FieldRefused([](auto& r) { r.set_customer_id("a b"); }), "customer_id");
  EXPECT_EQ(FieldRefused([](auto& r) { r.set_customer_id(std::string(65, 'a')); }), "customer_id");
  EXPECT_EQ(FieldRefused([](auto& r) { r.set_email("a@b@c"); }), "email");
  EXPECT_EQ(FieldRefused([](auto& r) { r.set_email(std::string(250, 'a') + "@b.com"); }), "email");
  EXPECT_EQ(FieldRefused([](auto& r) { r.set_payment_method("pm_" + std::string(253, 'x')); }), "payment_method");
  EXPECT_EQ(FieldRefused([](auto& r) { r.clear_ship_to(); }), "ship_to");
  EXPECT_EQ(FieldRefused([](auto& r) { r.mutable_ship_to()->set_name("a\tb"); }), "ship_to.name");
  EXPECT_EQ(FieldRefused([](auto& r) { r.mutable_ship_to()->set_country(std::string(61, 'x')); }), "ship_to.country");
  EXPECT_EQ(FieldRefused([](auto& r) { r.mutable_lines(0)->set_sku(""); }), "lines[0].sku");
  EXPECT_EQ(FieldRefused([](auto& r) { r.mutable_lines(0)->mutable_unit_price()->set_minor_units(-1); }), "lines[0].unit_price.minor_units");
  EXPECT_EQ(FieldRefused([](auto& r) { r.mutable_expected_total()->set_currency("EUR"); }), "expected_total.currency");
  EXPECT_EQ(FieldRefused([](auto& r) {
              for (int i = 0; i < 100; ++i) *r.add_lines() = r.lines(0);
            }),
            "lines");
  // Characters count, not bytes.
  EXPECT_EQ(FieldRefused([](auto& r) {
              std::string name;
              for (int i = 0; i < 200; ++i) name += "\xc3\xa9";
              r.mutable_ship_to()->set_name(name);
            }),
            "");
}

TEST(ValidateTest, TheSameRequestHasTheSameHashWhateverItsKey) {
  v1::PlaceOrderRequest request = SomeRequest();
  const auto a = CheckPlaceOrder(request, "key");
  request.set_request_id("key");
  const auto b = CheckPlaceOrder(request, "key");
  request.mutable_lines(0)->set_quantity(2);
  const auto c = CheckPlaceOrder(request, "key");
  EXPECT_EQ(a->draft.request_hash, b->draft.request_hash);
  EXPECT_NE(a->draft.request_hash, c->draft.request_hash);
  EXPECT_EQ(a->draft.order_id, c->draft.order_id);
  EXPECT_FALSE(CheckPlaceOrder(request, "").ok());
}

}  // namespace
}  // namespace souk::orders
