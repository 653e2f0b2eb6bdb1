#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libs/redis/counters.hpp"
#include "libs/redis/node.hpp"
#include "libs/redis/slot_map.hpp"

namespace souk::redis {

/// Which nodes there are, who serves which slot, and how to find out anew. Refreshes are one at a time and rate limited,
/// however many commands ask for one. I/O thread only, but for the last section.
class Topology {
 public:
  /// `on_change` runs when the map or a connection changed: what waited may go now.
  Topology(Io& io, const ClusterConfig& config, Random& random, NodeEvents& events, Counters& counters,
           std::function<void()> on_change);

  bool known() const { return !by_index_.empty(); }
  /// Null while nobody is known to serve the slot.
  Node* OwnerOf(std::uint16_t slot) const;
  /// Null while no node answers. Each call takes the next.
  Node* AnyReady();
  /// The node of that address, made when it is new.
  Node& At(const Endpoint& endpoint);
  /// Nodes worth asking, best first.
  std::deque<Endpoint> Candidates(SteadyTime now);

  void Moved(std::uint16_t slot, const Endpoint& owner);
  void RequestRefresh(SteadyTime now);
  void NodeChanged();
  void FlushAll();
  void Tick(SteadyTime now);
  void CloseAll();

  // Any thread:
  bool Connected() const;
  bool AwaitConnected(SteadyTime deadline) const;
  std::vector<NodeStats> Nodes() const;
  std::vector<Endpoint> Primaries() const;
  Endpoint PrimaryOf(std::uint16_t slot) const;

 private:
  void MaybeRefresh(SteadyTime now);
  void AskNext(SteadyTime now);
  void OnSlots(const Endpoint& asked, Result<Reply> reply);
  void FinishRefresh(SteadyTime now, bool taken);
  void Take(SlotMap map);
  void Retire(SteadyTime now);
  void Tell();
  bool AllPrimariesReady() const;

  Io& io_;
  const ClusterConfig& config_;
  Random& random_;
  NodeEvents& events_;
  Counters& counters_;
  const std::function<void()> on_change_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::vector<Node*> by_index_;  // parallel to map_.nodes()
  std::deque<Endpoint> candidates_;
  bool wanted_ = true;
  bool refreshing_ = false;
  bool closed_ = false;
  std::size_t turn_ = 0;
  SteadyTime next_refresh_;
  SteadyTime last_refresh_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  SlotMap map_;  // written under mutex_ by the I/O thread, which alone may read it without
  std::vector<NodeStats> told_;
  bool complete_ = false;
  bool connected_ = false;
};

}  // namespace souk::redis
