#include "test/sim/notifications_node.hpp"

#include <fmt/format.h>

#include "services/notifications/adapters/codec.hpp"

namespace souk::sim {
namespace {

constexpr std::size_t kBatchMax = 16;
constexpr int kClaimMax = 50;
constexpr seconds kLease{30};
constexpr const char* kSellers = "sellers.example";

}  // namespace

NotificationsNode::NotificationsNode(World& world, Broker& broker, NotificationsData& data, Checks& checks, std::string name)
    : Node(world, broker, data.sql, std::move(name)), data_(data), checks_(checks) {}

void NotificationsNode::Boot() {
  writer_ = std::make_unique<Writer<notifications::Work>>(
      *this, kBatchMax, [this](std::span<notifications::Work> works) { return Apply(works); },
      [this](notifications::Work& work, const Result<void>& result) {
        if (result.ok() && !work.created.empty()) Send(std::move(work.created));
        if (work.done) work.done(work, result);
      },
      [] { return std::vector<outbox::OutboxRecord>(); });
  const auto consume = [this](std::string_view group, std::string_view topic) {
    Consume(std::string(group), {std::string(topic)}, false,
            [this, name = std::string(group)](auto records, auto done) { OnEvents(name, *records, done); });
  };
  consume(notifications::kOrdersGroup, notifications::kOrderEventsTopic);
  consume(notifications::kStockGroup, notifications::kStockEventsTopic);
  Every(seconds(1), [this] { Claim(); });
}

void NotificationsNode::Drop() { writer_.reset(); }

Result<void> NotificationsNode::Apply(std::span<notifications::Work> works) {
  return sql().Run(name(), [&](bool commit) -> Result<void> {
    if (!commit) data_.store.FailNext(1, MakeError(ErrorCode::kAborted, "told to"));
    for (notifications::Work& work : works) work.created.clear();
    const Result<void> once = data_.store.Apply(works, kLease);
    return commit ? once : Result<void>();
  });
}

void NotificationsNode::OnEvents(const std::string& group, const std::vector<kafka::Record>& records, const Consumer::Done& done) {
  std::vector<notifications::Work> works;
  for (const kafka::Record& record : records) {
    if (!notifications::IsNoticed(record.HeaderValue("ce_type"))) continue;
    const Result<kafka::Envelope> envelope = kafka::ParseEnvelope(record);
    Result<notifications::Notice> notice =
        envelope.ok() ? notifications::DecodeEvent(*envelope, record.value, kSellers) : Result<notifications::Notice>(envelope.error());
    if (!notice.ok()) {
      world().Fail("notifications can't read a record: " + notice.error().message);
      continue;
    }
    notifications::Work work;
    work.now = world().Now();
    work.message_id = envelope->id;
    work.command = notifications::Announce{std::move(notice).value(), group};
    works.push_back(std::move(work));
  }
  if (works.empty()) return done({});
  const auto answers = std::make_shared<Answers>(works.size(), done);
  for (notifications::Work& work : works) {
    work.done = [answers](notifications::Work&, const Result<void>& result) { answers->Settle(result); };
    (void)writer_->Submit(std::move(work)).ok();
  }
}

void NotificationsNode::Send(std::vector<notifications::Delivery> deliveries) {
  for (notifications::Delivery& delivery : deliveries) {
    Step([this, delivery = std::move(delivery)] {
      notifications::Attempt attempt;
      if (world().Fault(world().faults().answer_lost)) attempt = {notifications::Attempt::Result::kTryLater, "the server hung up", false};
      ++data_.mails[delivery.notification_id];  // a server that hangs up may have taken the mail
      Trace(fmt::format("mail {} about {}", delivery.notification_id.ToString().substr(0, 8), delivery.event_type));
      notifications::Work work;
      work.now = world().Now();
      work.command = notifications::RecordAttempt{
          delivery.notification_id, notifications::After({}, delivery.attempts, attempt, world().Now(), world().random().Next())};
      (void)writer_->Submit(std::move(work)).ok();
    });
  }
}

void NotificationsNode::Claim() {
  if (!sql().Answers()) return;
  auto claimed = data_.store.Claim(notifications::Channel::kEmail, world().Now(), kLease, kClaimMax);
  if (claimed.ok()) Send(std::move(claimed).value());
}

}  // namespace souk::sim
