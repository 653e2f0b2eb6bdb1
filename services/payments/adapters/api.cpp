#include "services/payments/adapters/api.hpp"

#include <algorithm>

#include "services/payments/adapters/codec.hpp"
#include "services/payments/app/validation.hpp"

namespace souk::payments {
namespace {

using rpc::CallPtr;
template <class Resp>
using Done = std::function<void(Result<Resp>)>;

// What the answer itself needs after the wait.
constexpr std::chrono::milliseconds kAnswerMargin{150};

Error Declined(const std::string& code) {
  std::string reason = code.empty() ? "card_declined" : code;
  for (char& c : reason) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  Error error = MakeError(ErrorCode::kFailedPrecondition, "the payment was declined: " + code, reason);
  error.http_status = 402;
  return error;
}
Error WrongState(const Payment& payment) {
  const std::string status(ToString(payment.status));
  return MakeError(ErrorCode::kFailedPrecondition, "the payment is " + status, "PAYMENT_" + status);
}
bool Taken(Status status) { return status == Status::kCaptured || status == Status::kRefunding || status == Status::kRefunded; }

/// Nothing, or why the call failed; `pending` when the provider has not answered yet.
struct Verdict {
  std::optional<Error> error;
  bool pending = false;
};

Verdict JudgeAuthorize(const Payment& payment) {
  switch (payment.status) {
    case Status::kDeclined: return {Declined(payment.decline_code)};
    case Status::kVoiding:
    case Status::kVoided: return {Declined("cancelled")};
    default: return {{}, payment.status == Status::kAuthorizing};
  }
}
Verdict JudgeCapture(const Payment& payment) {
  if (Taken(payment.status)) return {};
  if (payment.status == Status::kCapturing) return {{}, true};
  const bool declined = payment.status == Status::kDeclined || payment.status == Status::kCaptureFailed;
  return {declined ? Declined(payment.decline_code) : WrongState(payment)};
}
Verdict JudgeVoid(const Payment& payment) {
  if (Taken(payment.status)) return {WrongState(payment)};
  const bool over = payment.status == Status::kVoided || payment.status == Status::kDeclined || payment.status == Status::kCaptureFailed;
  return {{}, !over};
}

const Refund* Find(const std::vector<Refund>& refunds, const std::string& refund_id) {
  const auto found = std::find_if(refunds.begin(), refunds.end(), [&](const Refund& refund) { return refund.refund_id == refund_id; });
  return found == refunds.end() ? nullptr : &*found;
}

/// Submits the command, waits for `judge` to have a verdict, answers once.
using Judge = std::function<Verdict(const Payment&, const std::vector<Refund>&)>;
using Deliver = std::function<void(Result<const Payment*>, const std::vector<Refund>&)>;

void Change(Payments& payments, const CallPtr& call, const Uuid& id, Input input, Judge judge, Deliver deliver) {
  Work work;
  work.payment_id = id;
  work.input = std::move(input);
  work.cause.traceparent = call->context.trace.ToString();
  const auto answer = [call, judge, deliver](const Payment& payment, const std::vector<Refund>& refunds) {
    const Verdict verdict = judge(payment, refunds);
    if (verdict.error) return deliver(*verdict.error, refunds);
    if (verdict.pending) call->SetHttpStatus(202);
    deliver(&payment, refunds);
  };
  work.done = [&payments, call, judge, answer, deliver](Outcome& outcome, const Result<void>& result) {
    if (!result.ok()) return deliver(result.error(), {});
    if (outcome.refusal) return deliver(*outcome.refusal, {});
    const auto ready = [judge](const Payment& payment, const std::vector<Refund>& refunds) { return !judge(payment, refunds).pending; };
    payments.waiters().Wait(*outcome.payment, outcome.refunds, ready, call->context.deadline - kAnswerMargin, answer);
  };
  if (auto queued = payments.Do(std::move(work)); !queued.ok()) deliver(queued.error(), {});
}

/// For Authorize, Capture and Void: the answer is the payment.
template <class Resp>
Deliver DeliverPayment(Done<Resp> done) {
  return [done = std::move(done)](Result<const Payment*> payment, const std::vector<Refund>&) {
    if (!payment.ok()) return done(payment.error());
    Resp response;
    ToWire(**payment, response.mutable_payment());
    done(std::move(response));
  };
}

template <class Command>
Result<Uuid> Valid(const std::string& payment_id, const Command& command) {
  SOUK_ASSIGN_OR_RETURN(const Uuid id, ValidPaymentId(payment_id));
  SOUK_RETURN_IF_ERROR(Validate(command));
  return id;
}

template <Verdict (*kJudge)(const Payment&)>
Verdict WithoutRefunds(const Payment& payment, const std::vector<Refund>&) {
  return kJudge(payment);
}

void AddChanges(rpc::MethodTable& table, Payments& payments) {
  table.AddUnary<wire::AuthorizeRequest, wire::AuthorizeResponse>(
      "souk.payments.v1.PaymentsService/Authorize", [&payments](CallPtr call, auto request, Done<wire::AuthorizeResponse> done) {
        Authorize command{FromWire(request->amount()), request->payment_method(), request->customer_id()};
        const auto id = Valid(request->payment_id(), command);
        if (!id.ok()) return done(id.error());
        Change(payments, call, *id, std::move(command), WithoutRefunds<JudgeAuthorize>, DeliverPayment(std::move(done)));
      });
  table.AddUnary<wire::CaptureRequest, wire::CaptureResponse>(
      "souk.payments.v1.PaymentsService/Capture", [&payments](CallPtr call, auto request, Done<wire::CaptureResponse> done) {
        Capture command{FromWire(request->amount())};
        const auto id = Valid(request->payment_id(), command);
        if (!id.ok()) return done(id.error());
        Change(payments, call, *id, std::move(command), WithoutRefunds<JudgeCapture>, DeliverPayment(std::move(done)));
      });
  table.AddUnary<wire::VoidRequest, wire::VoidResponse>(
      "souk.payments.v1.PaymentsService/Void", [&payments](CallPtr call, auto request, Done<wire::VoidResponse> done) {
        const auto id = ValidPaymentId(request->payment_id());
        if (!id.ok()) return done(id.error());
        Change(payments, call, *id, Void{}, WithoutRefunds<JudgeVoid>, DeliverPayment(std::move(done)));
      });
}

void AddRefund(rpc::MethodTable& table, Payments& payments) {
  table.AddUnary<wire::RefundRequest, wire::RefundResponse>(
      "souk.payments.v1.PaymentsService/Refund", [&payments](CallPtr call, auto request, Done<wire::RefundResponse> done) {
        GiveBack command{request->refund_id(), FromWire(request->amount()), {}};
        const auto id = Valid(request->payment_id(), command);
        if (!id.ok()) return done(id.error());
        const std::string refund_id = command.refund_id;
        const Judge judge = [refund_id](const Payment&, const std::vector<Refund>& refunds) -> Verdict {
          const Refund* refund = Find(refunds, refund_id);
          if (refund == nullptr || refund->status == RefundStatus::kPending) return {{}, true};
          if (refund->status == RefundStatus::kSucceeded) return {};
          return {MakeError(ErrorCode::kFailedPrecondition, "the provider refused the refund: " + refund->reason, "REFUND_FAILED")};
        };
        const Deliver deliver = [refund_id, done = std::move(done)](Result<const Payment*> payment, const std::vector<Refund>& refunds) {
          if (!payment.ok()) return done(payment.error());
          wire::RefundResponse response;
          ToWire(**payment, response.mutable_payment());
          if (const Refund* refund = Find(refunds, refund_id)) ToWire(*refund, (*payment)->amount.currency, response.mutable_refund());
          done(std::move(response));
        };
        Change(payments, call, *id, std::move(command), judge, deliver);
      });
}

Result<wire::GetPaymentResponse> GetPayment(PaymentReader& reader, const Uuid& id) {
  SOUK_ASSIGN_OR_RETURN(const std::vector<Aggregate> found, reader.Get({id}));
  if (found.empty()) return MakeError(ErrorCode::kNotFound, "no such payment", "PAYMENT_NOT_FOUND");
  wire::GetPaymentResponse response;
  ToWire(*found[0].payment, response.mutable_payment());
  for (const Refund& refund : found[0].refunds) ToWire(refund, found[0].payment->amount.currency, response.add_refunds());
  return response;
}

void AddQuestions(rpc::MethodTable& table, const ApiParts& parts) {
  table.AddUnary<wire::GetPaymentRequest, wire::GetPaymentResponse>(
      "souk.payments.v1.PaymentsService/GetPayment", [parts](CallPtr, auto request, Done<wire::GetPaymentResponse> done) {
        const auto id = ValidPaymentId(request->payment_id());
        if (!id.ok()) return done(id.error());
        const auto posted = parts.post([&reader = parts.reader, id = *id, done] { done(GetPayment(reader, id)); });
        if (!posted.ok()) done(posted.error());
      });
}

}  // namespace

void AddMethods(rpc::MethodTable& table, ApiParts parts) {
  AddChanges(table, parts.payments);
  AddRefund(table, parts.payments);
  AddQuestions(table, parts);
  AddFindings(table, parts);
}

}  // namespace souk::payments
