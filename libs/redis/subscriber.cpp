#include "libs/redis/subscriber.hpp"

#include <utility>

#include "libs/redis/resp.hpp"

namespace souk::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPingAfter{1000};
constexpr milliseconds kRetryAfter{50};        // the next node
constexpr milliseconds kRetryRoundAfter{300};  // all nodes once more

}  // namespace

Subscriber::Subscriber(Io& io, const ClusterConfig& config, std::vector<std::string> channels, MessageCallback on_message,
                       std::function<std::deque<Endpoint>()> candidates)
    : io_(io), config_(config), channels_(std::move(channels)), on_message_(std::move(on_message)),
      candidates_(std::move(candidates)) {}

Subscriber::~Subscriber() { Close(); }

void Subscriber::Close() {
  closed_ = true;
  active_ = false;
  if (link_) link_->Close();
  link_.reset();
}

void Subscriber::Tick(SteadyTime now) {
  if (closed_) return;
  if (!link_) {
    if (now < retry_at_) return;
    if (untried_.empty()) untried_ = candidates_();
    if (untried_.empty()) return;
    const Endpoint endpoint = std::move(untried_.front());
    untried_.pop_front();
    heard_ = now;
    pinged_ = false;
    confirmed_ = 0;
    link_ = io_.Open(endpoint, config_.password, *this);
    return;
  }
  const auto silence = now - heard_;
  if (!active_) {
    if (silence > config_.connect_timeout) Drop(now);
  } else if (silence > kPingAfter + config_.command_timeout) {
    Drop(now);
  } else if (silence > kPingAfter && !std::exchange(pinged_, true)) {
    Send({"PING"});
  }
}

void Subscriber::OnReady() {
  heard_ = steady_clock::now();
  std::vector<std::string> command{"SUBSCRIBE"};
  command.insert(command.end(), channels_.begin(), channels_.end());
  Send(command);
}

void Subscriber::Send(const std::vector<std::string>& command) {
  if (link_->sending()) return;
  AppendCommand(link_->buffer(), command);
  link_->Send();
}

void Subscriber::OnReply(Reply reply) {
  heard_ = steady_clock::now();
  pinged_ = false;
  if (reply.kind != Reply::Kind::kArray || reply.items.empty()) return Drop(heard_);  // an error: this node will not do
  auto& items = reply.items;
  if (items.size() == 3 && items[0].text == "message") {
    on_message_(std::move(items[1].text), std::move(items[2].text));
  } else if (items[0].text == "subscribe" && ++confirmed_ == channels_.size()) {
    active_ = true;
    untried_.clear();
  }
}

void Subscriber::OnClosed(const std::string&) { Drop(steady_clock::now()); }

void Subscriber::Drop(SteadyTime now) {
  active_ = false;
  if (link_) link_->Close();
  link_.reset();
  retry_at_ = now + (untried_.empty() ? kRetryRoundAfter : kRetryAfter);
}

}  // namespace souk::redis
