#include "tools/payment-simulator/simulator.hpp"

#include <atomic>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iterator>

#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "tools/payment-simulator/provider.hpp"
#include "tools/payment-simulator/render.hpp"
#include "tools/payment-simulator/timer.hpp"
#include "tools/payment-simulator/webhooks.hpp"

namespace souk::payment_simulator {
namespace {

constexpr std::chrono::milliseconds kSlow{3000};
constexpr std::chrono::minutes kHold{2};  // how long an answer that never comes keeps its connection

Params BodyParams(const http::Request& request) { return Params(http::ParseQuery(request.body)); }
Params QueryParams(const http::Request& request) { return Params(http::ParseQuery(request.query)); }

http::Response ToResponse(Answer answer) {
  http::Response response{answer.status, {}, std::move(answer.body)};
  if (answer.replayed) response.headers.emplace_back("Idempotent-Replayed", "true");
  return response;
}

// Any key will do, as long as there is one.
bool Authorized(const http::Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view header = request.Header("Authorization");
  return header.starts_with(kScheme) && header.size() > kScheme.size();
}

}  // namespace

class Simulator::Impl {
 public:
  explicit Impl(SimulatorConfig config)
      : config_(std::move(config)),
        webhooks_(clock_, timer_, config_.webhook_secret, config_.webhook_delay),
        provider_(clock_, random_, [this](ProviderEvent event) { webhooks_.Send(std::move(event)); }) {
    webhooks_.SetUrls(config_.webhook_urls);
    ForgetOldKeys();
  }
  ~Impl() {
    timer_.Stop();
    if (server_) server_->Stop(std::chrono::milliseconds(100));
    Remember();
  }

  Result<void> Start() {
    SOUK_RETURN_IF_ERROR(Recall());
    auto router = std::make_shared<http::Router>();
    MountProvider(*router);
    MountSimulator(*router);
    http::ServerConfig server;
    server.host = config_.host;
    server.port = config_.port;
    server.threads = config_.threads;
    server.default_deadline = server.deadline_max = kHold;
    server.connections_max = 8192;
    SOUK_ASSIGN_OR_RETURN(server_, http::Server::Start(server, http::ToHandler(router)));
    provider_.SetBaseUrl(Url());
    return {};
  }
  int port() const { return server_->port(); }
  std::string Url() const { return "http://" + config_.host + ":" + std::to_string(port()); }
  Webhooks& webhooks() { return webhooks_; }

 private:
  Result<void> Recall() {
    std::ifstream file(config_.state_file);
    if (config_.state_file.empty() || !file) return {};
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (auto loaded = provider_.Load(text); !loaded.ok()) {
      return MakeError(ErrorCode::kInvalidArgument, config_.state_file + ": " + loaded.error().message + "; remove the file to start without a past");
    }
    return {};
  }
  // To a second file first: a stop that is cut leaves the old one whole.
  void Remember() const {
    if (config_.state_file.empty() || !server_) return;
    const std::string fresh = config_.state_file + ".new";
    std::ofstream(fresh) << provider_.Save();
    if (std::rename(fresh.c_str(), config_.state_file.c_str()) != 0) std::perror(config_.state_file.c_str());
  }

  using Work = std::function<Answer(const http::Request&)>;

  void MountProvider(http::Router& router) {
    Post(router, "/v1/payment_methods", [this](const auto& r) { return provider_.CreateMethod(BodyParams(r)); });
    Post(router, "/v1/payment_intents", [this](const auto& r) { return provider_.CreateIntent(BodyParams(r)); });
    Post(router, "/v1/payment_intents/{id}/capture",
         [this](const auto& r) { return provider_.Capture(r.params.at("id"), BodyParams(r)); });
    Post(router, "/v1/payment_intents/{id}/cancel",
         [this](const auto& r) { return provider_.Cancel(r.params.at("id"), BodyParams(r)); });
    Post(router, "/v1/refunds", [this](const auto& r) { return provider_.CreateRefund(BodyParams(r)); });
    Get(router, "/v1/payment_intents", [this](const auto& r) { return provider_.ListIntents(QueryParams(r)); });
    Get(router, "/v1/payment_intents/search", [this](const auto& r) { return provider_.SearchIntents(QueryParams(r)); });
    Get(router, "/v1/payment_intents/{id}",
        [this](const auto& r) { return provider_.GetIntent(r.params.at("id"), QueryParams(r)); });
    Get(router, "/v1/refunds", [this](const auto& r) { return provider_.ListRefunds(QueryParams(r)); });
  }

  /// What the real provider doesn't have: no key needed.
  void MountSimulator(http::Router& router) {
    Open(router, "GET", "/healthz", [](const auto&) { return Answer{200, R"({"status":"ok"})"}; });
    Open(router, "GET", "/simulator/stats", [this](const auto&) { return provider_.Stats(); });
    Open(router, "POST", "/simulator/challenges/{id}", [this](const auto& r) { return Challenge(r); });
    Open(router, "POST", "/simulator/faults", [this](const auto& r) { return SetFaults(BodyParams(r)); });
    Open(router, "GET", "/simulator/faults", [this](const auto&) { return Answer{200, R"({"faults":)" + std::to_string(faults_left_) + "}"}; });
    Open(router, "POST", "/simulator/intents/{id}",
         [this](const auto& r) { return provider_.Tamper(r.params.at("id"), BodyParams(r)); });
    Open(router, "GET", "/simulator/challenges/{id}", [](const auto& r) {
      return Answer{200, R"({"hint":"POST here with outcome=succeed or outcome=fail","challenge":)" +
                             http_quote(r.params.at("id")) + "}"};
    });
  }

  static std::string http_quote(std::string_view text) {
    std::string out;
    AppendString(out, text);
    return out;
  }

  Answer Challenge(const http::Request& request) {
    const Params params = BodyParams(request);
    const std::string_view outcome = params.Get("outcome");
    if (outcome != "succeed" && outcome != "fail") {
      return {400, RenderError("invalid_request_error", "", "outcome must be succeed or fail", {}, {}, "outcome")};
    }
    return provider_.CompleteChallenge(request.params.at("id"), outcome == "succeed");
  }

  Answer SetFaults(const Params& params) {
    const std::string_view kind = params.Get("kind");
    Fault fault;
    fault.delay = std::chrono::milliseconds(params.Int("ms").value_or(1000));
    if (kind == "error") fault.kind = FaultKind::kError;
    else if (kind == "error_after") fault.kind = FaultKind::kErrorAfter;
    else if (kind == "hang") fault.kind = FaultKind::kHang;
    else if (kind == "hang_after") fault.kind = FaultKind::kHangAfter;
    else if (kind == "delay") fault.kind = FaultKind::kDelay;
    else if (kind == "garbage") fault.kind = FaultKind::kGarbage;
    else if (kind != "none") return {400, RenderError("invalid_request_error", "", "unknown kind of fault", {}, {}, "kind")};
    const std::lock_guard lock(faults_mutex_);
    faults_.clear();
    if (kind != "none") faults_.assign(static_cast<std::size_t>(params.Int("count").value_or(1)), fault);
    faults_left_ = faults_.size();
    return {200, R"({"faults":)" + std::to_string(faults_.size()) + "}"};
  }

  void Open(http::Router& router, std::string method, std::string_view path, Work work) {
    router.Add(std::move(method), path, [work = std::move(work)](http::Request request, http::Responder responder) {
      responder.Send(ToResponse(work(request)));
    });
  }

  void Get(http::Router& router, std::string_view path, Work work) {
    router.Add("GET", path, [this, work = std::move(work)](http::Request request, http::Responder responder) {
      Serve(request, std::move(responder), [&] { return work(request); });
    });
  }

  void Post(http::Router& router, std::string_view path, Work work) {
    router.Add("POST", path, [this, work = std::move(work)](http::Request request, http::Responder responder) {
      Serve(request, std::move(responder), [&] {
        const std::string_view key = request.Header("Idempotency-Key");
        if (key.size() > 255) return Answer{400, RenderError("invalid_request_error", "", "Idempotency-Key is too long")};
        return provider_.Once(key, request.path + "\n" + request.body, [&] { return work(request); });
      });
    });
  }

  enum class FaultKind { kNone, kError, kErrorAfter, kHang, kHangAfter, kDelay, kGarbage };
  struct Fault {
    FaultKind kind = FaultKind::kNone;
    std::chrono::milliseconds delay{0};
  };

  Fault NextFault() {
    if (faults_left_.load(std::memory_order_relaxed) == 0) return {};
    const std::lock_guard lock(faults_mutex_);
    if (faults_.empty()) return {};
    const Fault fault = faults_.front();
    faults_.pop_front();
    faults_left_ = faults_.size();
    return fault;
  }

  void Serve(const http::Request& request, http::Responder responder, const std::function<Answer()>& work) {
    if (!Authorized(request)) {
      return responder.Send({401, {}, RenderError("invalid_request_error", "", "Invalid API Key provided")});
    }
    const Fault fault = NextFault();
    if (fault.kind == FaultKind::kError) return responder.Send(Broken());
    if (fault.kind == FaultKind::kHang) return Later(std::move(responder), Broken(), kHold);
    Answer answer = work();
    const Delivery delivery = answer.delivery;
    http::Response response = ToResponse(std::move(answer));
    switch (fault.kind) {
      case FaultKind::kErrorAfter: return responder.Send(Broken());
      case FaultKind::kHangAfter: return Later(std::move(responder), Broken(), kHold);
      case FaultKind::kDelay: return Later(std::move(responder), std::move(response), fault.delay);
      case FaultKind::kGarbage: return responder.Send({200, {}, response.body.substr(0, response.body.size() / 2)});
      default: break;
    }
    if (delivery == Delivery::kNow) return responder.Send(std::move(response));
    Later(std::move(responder), std::move(response), delivery == Delivery::kSlow ? kSlow : kHold);
  }

  static http::Response Broken() {
    return {500, {}, RenderError("api_error", "", "An error occurred on the provider's end.")};
  }

  void Later(http::Responder responder, http::Response response, std::chrono::milliseconds delay) {
    auto held = http::Share(std::move(responder));
    timer_.After(delay, [held, response = std::move(response)]() mutable { held->Send(std::move(response)); });
  }

  void ForgetOldKeys() {
    timer_.After(std::chrono::minutes(10), [this] {
      provider_.ForgetOldKeys();
      ForgetOldKeys();
    });
  }

  const SimulatorConfig config_;
  SystemClock clock_;
  SystemRandom random_;
  Timer timer_;
  Webhooks webhooks_;
  Provider provider_;
  std::mutex faults_mutex_;
  std::deque<Fault> faults_;
  std::atomic<std::size_t> faults_left_{0};
  std::unique_ptr<http::Server> server_;
};

Simulator::Simulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Simulator::~Simulator() = default;
int Simulator::port() const { return impl_->port(); }
std::string Simulator::url() const { return impl_->Url(); }
void Simulator::SetWebhookUrls(std::vector<std::string> urls) { impl_->webhooks().SetUrls(std::move(urls)); }

Result<std::unique_ptr<Simulator>> Simulator::Start(SimulatorConfig config) {
  auto impl = std::make_unique<Impl>(std::move(config));
  SOUK_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

}  // namespace souk::payment_simulator
