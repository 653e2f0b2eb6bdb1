#include "libs/redis/node.hpp"

#include <algorithm>
#include <utility>

namespace souk::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kAsking = "*1\r\n$6\r\nASKING\r\n";
constexpr std::size_t kWriteMax = std::size_t{256} << 10;  // what goes into one write; the rest can still be taken back
constexpr milliseconds kRestMax{500};

}  // namespace

Node::Node(Io& io, Endpoint endpoint, const ClusterConfig& config, Random& random, NodeEvents& events)
    : io_(io), endpoint_(std::move(endpoint)), config_(config), random_(random), events_(events),
      last_used_(steady_clock::now()) {}

Node::~Node() {
  if (link_) link_->Close();
}

bool Node::Mute(SteadyTime now, milliseconds limit) const {
  return state_ == State::kReady && !pipeline_.empty() && now - last_progress_ > limit;
}

void Node::Connect(SteadyTime now) {
  if (state_ == State::kConnecting || state_ == State::kReady) return;
  if (state_ == State::kResting && now < rest_until_) return;
  state_ = State::kConnecting;
  state_since_ = now;
  appended_ = 0;
  link_ = io_.Open(endpoint_, config_.password, *this);
}

void Node::Enqueue(OpPtr op) {
  last_used_ = steady_clock::now();
  next_deadline_ = std::min(next_deadline_, op->deadline);
  queue_.push_back(std::move(op));
}

bool Node::LoadScript(const KnownScript& script) {
  if (!loading_.insert(&script).second) return false;
  auto load = std::make_unique<Op>();
  load->wire = script.load_wire;
  load->route = Op::Route::kPinned;
  load->internal = true;
  load->deadline = steady_clock::now() + config_.command_timeout;
  load->done = [this, &script](Result<Reply>) { loading_.erase(&script); };
  Enqueue(std::move(load));
  return true;
}

void Node::Flush() {
  if (state_ != State::kReady) return;
  while (!queue_.empty() && !link_->sending()) {
    if (pipeline_.empty()) last_progress_ = steady_clock::now();
    while (!queue_.empty() && link_->buffer().size() < kWriteMax) {
      AppendToLink(std::move(queue_.front()));
      queue_.pop_front();
    }
    link_->Send();
  }
}

void Node::AppendToLink(OpPtr op) {
  auto& buffer = link_->buffer();
  if (op->asking) {
    buffer.append(kAsking);
    appended_ += kAsking.size();
    pipeline_.push_back({nullptr, appended_});
  }
  buffer.append(op->wire);
  appended_ += op->wire.size();
  pipeline_.push_back({std::move(op), appended_});
}

void Node::OnReady() {
  state_ = State::kReady;
  state_since_ = last_progress_ = steady_clock::now();
  events_.OnNodeChanged(*this);
  Flush();
}

void Node::OnReply(Reply reply) {
  last_progress_ = steady_clock::now();
  failures_ = 0;
  if (pipeline_.empty()) return Disconnect(last_progress_);  // an answer to nothing: the stream cannot be trusted
  auto op = std::move(pipeline_.front().op);
  pipeline_.pop_front();
  if (op) events_.OnReply(*this, std::move(op), std::move(reply));
}

void Node::OnClosed(const std::string&) { Disconnect(steady_clock::now()); }

void Node::Disconnect(SteadyTime now) {
  if (failures_ == 0 && state_ == State::kReady) {
    rest_until_ = now;  // it was well until now: look again at once
  } else {
    const auto rest = std::min(kRestMax, milliseconds(20) * (1 << std::min<std::uint32_t>(failures_, 5)));
    rest_until_ = now + rest / 2 + milliseconds(random_.Below(static_cast<std::uint64_t>(rest.count()) / 2 + 1));
  }
  ++failures_;
  ++losses_;
  state_ = State::kResting;
  state_since_ = now;
  GiveBack();
  events_.OnNodeChanged(*this);
}

void Node::Close() {
  state_ = State::kIdle;
  GiveBack();
}

void Node::GiveBack() {
  const std::uint64_t sent_bytes = link_ ? link_->sent_bytes() : 0;
  if (link_) link_->Close();
  link_.reset();
  auto pipeline = std::exchange(pipeline_, {});
  auto queue = std::exchange(queue_, {});
  next_deadline_ = SteadyTime::max();
  for (auto& sent : pipeline) {
    // The node cannot have executed a command whose last byte never left.
    if (sent.op) events_.OnLost(*this, std::move(sent.op), sent.end <= sent_bytes);
  }
  for (auto& op : queue) events_.OnLost(*this, std::move(op), false);
}

void Node::Tick(SteadyTime now) {
  if (state_ == State::kConnecting && now - state_since_ > config_.connect_timeout) return Disconnect(now);
  if (Mute(now, 2 * config_.command_timeout)) return Disconnect(now);
  if (now >= next_deadline_) Expire(now);
}

void Node::Expire(SteadyTime now) {
  std::vector<std::pair<OpPtr, bool>> expired;
  next_deadline_ = SteadyTime::max();
  for (auto& sent : pipeline_) {
    if (!sent.op) continue;
    if (sent.op->deadline <= now) expired.emplace_back(std::move(sent.op), true);
    else next_deadline_ = std::min(next_deadline_, sent.op->deadline);
  }
  std::erase_if(queue_, [&](OpPtr& op) {
    if (op->deadline > now) {
      next_deadline_ = std::min(next_deadline_, op->deadline);
      return false;
    }
    expired.emplace_back(std::move(op), false);
    return true;
  });
  for (auto& [op, sent] : expired) events_.OnExpired(std::move(op), sent);
}

}  // namespace souk::redis
