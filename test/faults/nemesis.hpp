#pragma once

#include <functional>
#include <map>
#include <string>

#include "test/faults/points.hpp"
#include "test/faults/schedule.hpp"

namespace souk::faults {

class Proxies;

/// Does to a fleet's processes what a schedule says. Processes are those of the fleet's own supervisor, by their process ids.
class Nemesis {
 public:
  /// `state`: the fleet's folder. `flush`: empties Redis. `proxies` may be null; then cuts and partitions are skipped.
  Nemesis(std::string state, std::map<std::string, int> admin_ports, std::function<void()> flush, Proxies* proxies);
  /// Ends what has not ended: wakes what is paused, starts what is stopped, disarms fail points, heals proxies.
  ~Nemesis() { Heal(); }
  Nemesis(const Nemesis&) = delete;
  Nemesis& operator=(const Nemesis&) = delete;

  /// Plays the schedule in its own time; returns after the last fault has ended. `say` hears of each fault.
  void Play(const Schedule& schedule, const std::function<void(const std::string&)>& say);
  void Heal();

 private:
  void Begin(const Fault& fault);
  void End(const Fault& fault);
  int PidOf(const std::string& process) const;
  void Signal(const std::string& process, int signal) const;
  void Control(const std::string& process, char what) const;

  const std::string state_;
  const std::function<void()> flush_;
  Points points_;
  Proxies* const proxies_;
  std::vector<Fault> open_;  ///< begun and not ended
};

}  // namespace souk::faults
