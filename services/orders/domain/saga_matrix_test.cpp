// The whole state x command table: every cell is written down, the boring ones too.
#include <gtest/gtest.h>

#include <map>

#include "services/orders/domain/saga_fixture.hpp"

namespace souk::orders {
namespace {

using testing::StoryUpTo;

/// What a cell may say.
///   .          left alone: nothing changes, nothing is said
///   =          something is noted, sent or recorded; the phase stays
///   !          refused with FAILED_PRECONDITION
///   PHASE      the phase afterwards
struct MatrixRow {
  const char* command;
  std::vector<const char*> after;  ///< one cell per phase, in the order of the enum
};

constexpr const char* kAut = "AUTHORIZING";
constexpr const char* kCha = "CHALLENGED";
constexpr const char* kCap = "CAPTURING";
constexpr const char* kFul = "FULFILLING";
constexpr const char* kDis = "DISPATCHED";
constexpr const char* kCom = "COMPLETED";
constexpr const char* kCsh = "CANCELLING_SHIPMENT";
constexpr const char* kUnd = "UNDOING";
constexpr const char* kRej = "REJECTED";
constexpr const char* kRet = "RETURNING";

Command CommandOf(const std::string& name, const testing::Story& story) {
  if (name == "Cancel") return CancelOrder{};
  if (name == "Return") return ReturnOrder{"return-2", {}};
  if (name == "Deadline") return DeadlinePassed{};
  if (name == "AnswerPending") return AnswerPending{};
  for (int i = 0; i < kReplyCount; ++i) {
    const auto kind = static_cast<ReplyKind>(i);
    if (ToString(kind) != name) continue;
    Reply reply = testing::Say(kind, "detail");
    if (kind == ReplyKind::kPaymentCaptured) reply.amount_minor = 1120;
    if (kind == ReplyKind::kPaymentRefunded) {
      reply.ref_id = story.Last(CommandKind::kRefundPayment).ref_id;
      reply.amount_minor = story.order().refunded_minor;
    }
    if (kind == ReplyKind::kReturnReceived) reply.ref_id = story.order().open_return.return_id;
    return reply;
  }
  ADD_FAILURE() << "no such command " << name;
  return AnswerPending{};
}

std::string CellOf(Phase phase, const std::string& name) {
  testing::Story story = StoryUpTo(phase);
  EXPECT_EQ(ToString(story.order().phase), ToString(phase));
  const Order before = story.order();
  // Late enough for a second asking, too early to give up.
  const auto when = name == "Deadline" ? std::chrono::milliseconds(30'000) : std::chrono::milliseconds(20);
  if (!story.Do(CommandOf(name, story), when)) {
    EXPECT_EQ(story.refusal().code, ErrorCode::kFailedPrecondition);
    return "!";
  }
  if (story.order().version == before.version) return ".";
  if (story.order().phase == before.phase) return "=";
  return std::string(ToString(story.order().phase));
}

TEST(SagaMatrixTest, EveryCommandInEveryPhaseDoesWhatTheTableSays) {
  // clang-format off
  const std::vector<MatrixRow> rows = {
      //                      reserv author challg captur fulfil confrm dispat comple canc-s undoin reject cancel return returned
      {"StockReserved",      {kAut, "." , "." , "." , "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"StockRejected",      {kRej, "." , "." , "." , "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"ReservationExpired", {kUnd, kUnd, kUnd, "=" , "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"StockReleased",      {"." , "." , "." , "." , "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"StockCommitted",     {"." , "." , "." , "." , "=" , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"StockCommitFailed",  {"." , "." , "." , "." , kCsh, "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"StockRestocked",     {"." , "." , "." , "." , "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"PaymentAuthorized",  {"." , kCap, kCap, "." , "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"PaymentDeclined",    {"." , kUnd, kUnd, "." , "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"PaymentChallenged",  {"." , kCha, "." , "." , "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"PaymentCaptured",    {"." , kFul, kFul, kFul, "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"CaptureFailed",      {"." , "." , "." , kUnd, "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"PaymentVoided",      {"." , kUnd, kUnd, kUnd, "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"PaymentRefunded",    {"." , "." , "." , "." , "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"RefundFailed",       {"." , "." , "." , "." , "." , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"ShipmentCreated",    {"." , "." , "." , "." , "=" , "." , "." , "." , "." , "=" , "=" , "=" , "." , "." }},
      {"ShipmentRefused",    {"." , "." , "." , "." , kUnd, kUnd, "." , "." , kUnd, "=" , "=" , "=" , "." , "." }},
      {"ShipmentDispatched", {"." , "." , "." , "." , "=" , kDis, "." , "." , kDis, "=" , "=" , "=" , "." , "." }},
      {"ShipmentDelivered",  {"." , "." , "." , "." , "=" , kCom, kCom, "." , kCom, "=" , "=" , "=" , "." , "." }},
      {"ShipmentLost",       {"." , "." , "." , "." , kUnd, kUnd, kUnd, "." , kUnd, "=" , "=" , "=" , "." , "." }},
      {"ShipmentCancelled",  {"." , "." , "." , "." , kUnd, kUnd, "." , "." , kUnd, "=" , "=" , "=" , "." , "." }},
      {"ReturnReceived",     {"." , "." , "." , "." , "." , "." , "." , "." , "." , "=" , "=" , "=" , "=" , "." }},
      {"Cancel",             {kUnd, kUnd, kUnd, "=" , kCsh, kCsh, "!" , "!" , "." , "." , "!" , "." , "!" , "!" }},
      {"Return",             {"!" , "!" , "!" , "!" , "!" , "!" , "!" , kRet, "!" , "!" , "!" , "!" , "!" , "!" }},
      {"Deadline",           {"=" , "=" , "=" , "=" , "=" , "=" , "=" , "." , "=" , "=" , "." , "." , "=" , "." }},
      {"AnswerPending",      {"=" , "=" , "=" , "=" , "=" , "." , "." , "." , "." , "=" , "." , "." , "." , "." }},
  };
  // clang-format on
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(kReplyCount) + 4);
  for (const MatrixRow& row : rows) {
    ASSERT_EQ(row.after.size(), static_cast<std::size_t>(kPhaseCount)) << row.command;
    for (int p = 0; p < kPhaseCount; ++p) {
      const auto phase = static_cast<Phase>(p);
      EXPECT_EQ(CellOf(phase, row.command), row.after[static_cast<std::size_t>(p)])
          << row.command << " while " << ToString(phase);
    }
  }
}

}  // namespace
}  // namespace souk::orders
