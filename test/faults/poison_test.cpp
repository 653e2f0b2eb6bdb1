#include <gtest/gtest.h>

#include "libs/base/random.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/testing/eventually.hpp"
#include "test/faults/workload.hpp"

// What a stranger, a defect or a newer version may put on a topic. Consumers stay alive, set aside what they can't read, and pass over what
// they don't know. Runs after the test that finds undeclared types on topics.
namespace souk::faults {
namespace {

struct Inlet {
  const char* topic;
  const char* group;
  const char* type;  ///< one that the group reads
  const char* source;
};

constexpr Inlet kInlets[] = {
    {"inventory.reservation.commands.v1", "inventory.commands", "souk.inventory.v1.ReserveStock", "orders"},
    {"payments.payment.commands.v1", "payments.commands", "souk.payments.v1.AuthorizePayment", "orders"},
    {"fulfillment.shipment.commands.v1", "fulfillment.commands", "souk.fulfillment.v1.CreateShipment", "orders"},
    {"inventory.stock.events.v1", "notifications.stock", "souk.inventory.v1.StockLow", "inventory"},
    {"inventory.reservation.events.v1", "orders.replies", "souk.inventory.v1.StockReserved", "inventory"},
};

class PoisonTest : public ::testing::TestWithParam<Inlet> {
 protected:
  PoisonTest() {
    kafka::ProducerConfig config;
    config.brokers = Brokers();
    producer_ = *kafka::Producer::Create(config);
  }

  static const std::string& Brokers() { return e2e::Fleet::Get().AuditConfig().kafka_brokers; }

  kafka::Record Make(const std::string& type, std::string payload) {
    kafka::Envelope envelope;
    envelope.id = NewUuidV7(SystemClock(), random_);
    envelope.type = type;
    envelope.source = GetParam().source;
    envelope.subject = NewUuidV7(SystemClock(), random_).ToString();
    envelope.time = SystemClock().Now();
    envelope.aggregate_version = 1;
    return kafka::ToRecord(GetParam().topic, envelope, std::move(payload));
  }

  Result<void> Publish(kafka::Record record) {
    SOUK_RETURN_IF_ERROR(producer_->Produce(std::move(record), {}));
    return producer_->Flush(std::chrono::seconds(10));
  }

  std::int64_t DeadLetters() const {
    std::int64_t count = 0;
    const auto read = kafka::ReadAll(Brokers(), std::string(GetParam().group) + ".dlq", {}, [&](const kafka::Record&) {
      ++count;
      return true;
    });
    EXPECT_TRUE(read.ok()) << read.error().message;
    return count;
  }

  bool Lags() const {
    auto admin = kafka::Admin::Create(Brokers());
    if (!admin.ok()) return true;
    const auto lag = (*admin)->ConsumerLag(GetParam().group, {GetParam().topic});
    if (!lag.ok()) return true;
    for (const auto& partition : *lag) {
      if (partition.lag > 0) return true;
    }
    return false;
  }

  SystemRandom random_;
  std::unique_ptr<kafka::Producer> producer_;
};

TEST_P(PoisonTest, B81B82SetsAsideWhatCannotBeReadAndStaysAlive) {
  const std::int64_t before = DeadLetters();
  ASSERT_TRUE(Publish(Make(GetParam().type, std::string("\xff\xfe\x00 random bytes", 16))).ok());
  ASSERT_TRUE(Publish(Make(GetParam().type, "\x0a\x7f truncated")).ok());
  kafka::Record no_id = Make(GetParam().type, "");
  std::erase_if(no_id.headers, [](const kafka::Header& header) { return header.key == "ce_id"; });
  ASSERT_TRUE(Publish(no_id).ok());
  kafka::Record other_key = Make(GetParam().type, "");
  other_key.key = "not-the-subject";
  ASSERT_TRUE(Publish(other_key).ok());
  EXPECT_TRUE(
      souk::testing::Eventually([&] { return DeadLetters() >= before + 4; }, std::chrono::seconds(30), std::chrono::milliseconds(200)))
      << DeadLetters() - before << " of 4 were set aside";
  EXPECT_TRUE(souk::testing::Eventually([&] { return !Lags(); }, std::chrono::seconds(30), std::chrono::milliseconds(200)));
}

// F61: the side that was deployed first says things that the other doesn't know yet.
TEST_P(PoisonTest, B81F61PassesOverTypesThatItDoesNotKnow) {
  const std::int64_t before = DeadLetters();
  ASSERT_TRUE(Publish(Make("souk.future.v1.OrderTeleported",
                           "\x0a\x03"
                           "abc"))
                  .ok());
  EXPECT_TRUE(souk::testing::Eventually([&] { return !Lags(); }, std::chrono::seconds(30), std::chrono::milliseconds(200)));
  EXPECT_EQ(DeadLetters(), before) << "a type of a newer version is nobody's fault";
}

INSTANTIATE_TEST_SUITE_P(EveryConsumer, PoisonTest, ::testing::ValuesIn(kInlets), [](const auto& one) {
  std::string name = one.param.group;
  std::erase(name, '.');
  return name;
});

// What was put there has harmed nobody else. With a parameter, since those run last.
class AfterPoisonTest : public ::testing::TestWithParam<int> {};
TEST_P(AfterPoisonTest, B81OrdersFlowOn) {
  e2e::ExpectNothingOutOfPlace(e2e::ReplayUnder(
                                   e2e::Fleet::Get(), GetParam(), 40, [] {}, OneOfEveryKind),
                               GetParam());
}
INSTANTIATE_TEST_SUITE_P(SixtyOrders, AfterPoisonTest, ::testing::Values(60));

}  // namespace
}  // namespace souk::faults
