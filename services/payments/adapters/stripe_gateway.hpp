#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "libs/http/client.hpp"
#include "services/payments/app/ports.hpp"

namespace souk::payments {

struct StripeConfig {
  std::string url;  ///< "http://host:port"
  std::string key;  ///< sent as a bearer token
  std::chrono::milliseconds timeout{5000};  ///< of one call
  int connections = 64;
};

/// The provider through Stripe's PaymentIntents API: the simulator, stripe-mock and the provider itself differ only in
/// their URL. Destroy it before what its callbacks point at.
class StripeGateway final : public PaymentGateway {
 public:
  /// kInvalidArgument when the URL can't be used.
  static Result<std::unique_ptr<StripeGateway>> Create(StripeConfig config);
  void Call(const ProviderCall& call, std::function<void(ProviderResult)> done) override;
  void List(std::int64_t since_unix, const std::string& after, std::function<void(Result<IntentPage>)> done) override;
  /// The request that Call would send. For the conformance test.
  http::ClientRequest MakeRequest(const ProviderCall& call) const;

 private:
  StripeGateway(StripeConfig config, http::ClientRequest base);
  const StripeConfig config_;
  const http::ClientRequest base_;
  http::Client client_;
};

}  // namespace souk::payments
