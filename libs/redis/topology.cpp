#include "libs/redis/topology.hpp"

#include <algorithm>
#include <utility>

namespace souk::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::string_view kClusterSlots = "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n";
constexpr milliseconds kRefreshGap{100};       // between two refreshes, whatever asks for them
constexpr milliseconds kFailedRefreshGap{150};
constexpr milliseconds kUnwellRefresh{250};    // while a primary is away
constexpr seconds kRoutineRefresh{15};
constexpr milliseconds kAnswerMax{500};        // a node that has not told its map by then is passed over
constexpr milliseconds kMuteSuspect{100};
constexpr seconds kRetireAfter{5};

}  // namespace

Topology::Topology(Io& io, const ClusterConfig& config, Random& random, NodeEvents& events, Counters& counters,
                   std::function<void()> on_change)
    : io_(io), config_(config), random_(random), events_(events), counters_(counters), on_change_(std::move(on_change)) {}

Node* Topology::OwnerOf(std::uint16_t slot) const {
  const auto owner = map_.OwnerOf(slot);
  return owner == SlotMap::kNobody ? nullptr : by_index_[owner];
}

Node* Topology::AnyReady() {
  std::vector<Node*> ready;
  for (const auto& [name, node] : nodes_) {
    if (node->ready()) ready.push_back(node.get());
  }
  return ready.empty() ? nullptr : ready[turn_++ % ready.size()];
}

Node& Topology::At(const Endpoint& endpoint) {
  auto& node = nodes_[ToString(endpoint)];
  if (!node) node = std::make_unique<Node>(io_, endpoint, config_, random_, events_);
  return *node;
}

std::deque<Endpoint> Topology::Candidates(SteadyTime now) {
  std::deque<Endpoint> well, known, mute;
  for (const auto& [name, node] : nodes_) {
    auto& list = !node->ready() ? known : node->Mute(now, kMuteSuspect) ? mute : well;
    list.push_back(node->endpoint());
  }
  for (auto* list : {&well, &known}) {
    if (!list->empty()) std::rotate(list->begin(), list->begin() + static_cast<std::ptrdiff_t>(turn_ % list->size()), list->end());
  }
  ++turn_;
  well.insert(well.end(), known.begin(), known.end());
  for (const auto& seed : config_.seeds) {
    if (!nodes_.contains(ToString(seed))) well.push_back(seed);
  }
  well.insert(well.end(), mute.begin(), mute.end());
  return well;
}

void Topology::Moved(std::uint16_t slot, const Endpoint& owner) {
  auto& node = At(owner);
  std::uint16_t index = 0;
  {
    const std::lock_guard lock(mutex_);
    index = map_.SetOwner(slot, owner);
  }
  if (index == by_index_.size()) by_index_.push_back(&node);
  Tell();
}

void Topology::RequestRefresh(SteadyTime now) {
  wanted_ = true;
  MaybeRefresh(now);
}

void Topology::MaybeRefresh(SteadyTime now) {
  if (closed_ || !wanted_ || refreshing_ || now < next_refresh_) return;
  wanted_ = false;
  refreshing_ = true;
  candidates_ = Candidates(now);
  AskNext(now);
}

void Topology::AskNext(SteadyTime now) {
  while (!candidates_.empty()) {
    const Endpoint asked = std::move(candidates_.front());
    candidates_.pop_front();
    Node& node = At(asked);
    node.Connect(now);
    if (node.state() == Node::State::kResting) continue;
    auto op = std::make_unique<Op>();
    op->wire = kClusterSlots;
    op->route = Op::Route::kPinned;
    op->internal = true;
    op->deadline = now + (node.ready() ? milliseconds(0) : config_.connect_timeout) + std::min(config_.command_timeout, kAnswerMax);
    op->done = [this, asked](Result<Reply> reply) { OnSlots(asked, std::move(reply)); };
    node.Enqueue(std::move(op));
    node.Flush();
    return;
  }
  FinishRefresh(now, false);
}

void Topology::OnSlots(const Endpoint& asked, Result<Reply> reply) {
  const auto now = steady_clock::now();
  if (closed_) return;
  if (reply.ok()) {
    if (auto map = SlotMap::Parse(*reply, asked); map.ok()) {
      Take(std::move(map).value());
      return FinishRefresh(now, true);
    }
  }
  AskNext(now);
}

void Topology::FinishRefresh(SteadyTime now, bool taken) {
  refreshing_ = false;
  wanted_ = wanted_ || !taken;
  const auto gap = taken ? kRefreshGap : kFailedRefreshGap;
  next_refresh_ = now + gap + milliseconds(random_.Below(static_cast<std::uint64_t>(gap.count()) / 2));
  if (taken) last_refresh_ = now;
}

void Topology::Take(SlotMap map) {
  ++counters_.refreshes;
  by_index_.clear();
  for (const auto& node : map.nodes()) by_index_.push_back(&At(node.endpoint));
  {
    const std::lock_guard lock(mutex_);
    map_ = std::move(map);
  }
  complete_ = map_.Complete();
  const auto now = steady_clock::now();
  for (std::size_t i = 0; i < by_index_.size(); ++i) {
    if (map_.nodes()[i].primary) by_index_[i]->Connect(now);
  }
  Tell();
  on_change_();
}

void Topology::NodeChanged() {
  Tell();
  on_change_();
}

bool Topology::AllPrimariesReady() const {
  for (std::size_t i = 0; i < by_index_.size(); ++i) {
    if (map_.nodes()[i].primary && !by_index_[i]->ready()) return false;
  }
  return !by_index_.empty();
}

void Topology::Tell() {
  std::vector<NodeStats> told;
  for (std::size_t i = 0; i < by_index_.size(); ++i) {
    const auto& node = map_.nodes()[i];
    told.push_back({node.endpoint, node.primary, by_index_[i]->ready()});
  }
  const std::lock_guard lock(mutex_);
  told_ = std::move(told);
  connected_ = complete_ && AllPrimariesReady();
  changed_.notify_all();
}

void Topology::FlushAll() {
  for (const auto& [name, node] : nodes_) node->Flush();
}

void Topology::Tick(SteadyTime now) {
  for (const auto& [name, node] : nodes_) node->Tick(now);
  for (std::size_t i = 0; i < by_index_.size(); ++i) {
    if (map_.nodes()[i].primary) by_index_[i]->Connect(now);
  }
  const bool unwell = !complete_ || !AllPrimariesReady() ||
                      std::any_of(by_index_.begin(), by_index_.end(), [&](Node* node) { return node->Mute(now, kAnswerMax); });
  if (now - last_refresh_ > (unwell ? milliseconds(kUnwellRefresh) : milliseconds(kRoutineRefresh))) wanted_ = true;
  MaybeRefresh(now);
  Retire(now);
}

void Topology::Retire(SteadyTime now) {
  if (refreshing_) return;
  std::erase_if(nodes_, [&](const auto& entry) {
    Node* node = entry.second.get();
    const bool mapped = std::find(by_index_.begin(), by_index_.end(), node) != by_index_.end();
    return !mapped && known() && node->pending() == 0 && now - node->last_used() > kRetireAfter;
  });
}

void Topology::CloseAll() {
  closed_ = true;
  for (const auto& [name, node] : nodes_) node->Close();
}

bool Topology::Connected() const {
  const std::lock_guard lock(mutex_);
  return connected_;
}

bool Topology::AwaitConnected(SteadyTime deadline) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [&] { return connected_; });
}

std::vector<NodeStats> Topology::Nodes() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

std::vector<Endpoint> Topology::Primaries() const {
  const std::lock_guard lock(mutex_);
  return map_.Primaries();
}

Endpoint Topology::PrimaryOf(std::uint16_t slot) const {
  const std::lock_guard lock(mutex_);
  const auto owner = map_.OwnerOf(slot);
  return owner == SlotMap::kNobody ? Endpoint{} : map_.nodes()[owner].endpoint;
}

}  // namespace souk::redis
