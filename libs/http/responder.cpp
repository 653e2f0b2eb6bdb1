#include "libs/http/responder.hpp"

#include "libs/base/check.hpp"
#include "libs/http/problem.hpp"

namespace souk::http {
namespace {

Response Unanswered() {
  // The server puts the request id into the header; the body has no context here.
  return ProblemResponse(MakeError(ErrorCode::kInternal, "the request was dropped without an answer"), Context{});
}

}  // namespace

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this == &other) return *this;
  if (exchange_) exchange_->Send(Unanswered());
  exchange_ = std::move(other.exchange_);
  return *this;
}

Responder::~Responder() {
  if (exchange_) exchange_->Send(Unanswered());
}

void Responder::Send(Response response) {
  SOUK_CHECK(exchange_ != nullptr);
  const auto exchange = std::move(exchange_);
  exchange->Send(std::move(response));
}

std::shared_ptr<Stream> Responder::StartStream(Response head) {
  SOUK_CHECK(exchange_ != nullptr);
  const auto exchange = std::move(exchange_);
  return exchange->StartStream(std::move(head));
}

bool Responder::ClientGone() const { return exchange_ == nullptr || exchange_->ClientGone(); }

}  // namespace souk::http
