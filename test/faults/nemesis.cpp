#include "test/faults/nemesis.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include "test/faults/proxies.hpp"

namespace souk::faults {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string ProcessOf(const std::string& point) { return point.substr(0, point.find('.')); }

}  // namespace

Nemesis::Nemesis(std::string state, std::map<std::string, int> admin_ports, std::function<void()> flush, Proxies* proxies)
    : state_(std::move(state)), flush_(std::move(flush)), points_(std::move(admin_ports)), proxies_(proxies) {}

int Nemesis::PidOf(const std::string& process) const {
  int pid = 0;
  std::ifstream(state_ + "/sv/" + process + "/supervise/pid") >> pid;
  return pid;
}

void Nemesis::Signal(const std::string& process, int signal) const {
  // 0 or less would be a group of processes; a process that just died is dead already.
  if (const int pid = PidOf(process); pid > 1) (void)kill(pid, signal);
}

void Nemesis::Control(const std::string& process, char what) const {
  std::ofstream(state_ + "/sv/" + process + "/supervise/control") << what;
}

void Nemesis::Begin(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kKill:
      return Signal(fault.target, SIGKILL);
    case FaultKind::kPause:
      return Signal(fault.target, SIGSTOP);
    case FaultKind::kStop:
      return Control(fault.target, 'd');
    case FaultKind::kFlush:
      return flush_();
    // Refused when the process is just away: then it has trouble enough.
    case FaultKind::kSlow:
      (void)points_.Arm(ProcessOf(fault.target), fault.target + "=delay:200ms:1x1000").ok();
      return;
    case FaultKind::kRefuse:
      (void)points_.Arm(ProcessOf(fault.target), fault.target + "=error:1x1000000").ok();
      return;
    case FaultKind::kCut:
    case FaultKind::kPartition:
      if (proxies_ != nullptr) proxies_->Begin(fault);
      return;
  }
}

void Nemesis::End(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kKill:
    case FaultKind::kFlush:
      return;
    case FaultKind::kPause:
      return Signal(fault.target, SIGCONT);
    case FaultKind::kStop:
      return Control(fault.target, 'u');
    case FaultKind::kSlow:
    case FaultKind::kRefuse:
      (void)points_.Disarm(ProcessOf(fault.target)).ok();
      return;
    case FaultKind::kCut:
    case FaultKind::kPartition:
      if (proxies_ != nullptr) proxies_->End(fault);
      return;
  }
}

void Nemesis::Play(const Schedule& schedule, const std::function<void(const std::string&)>& say) {
  const auto start = steady_clock::now();
  std::size_t next = 0;
  while (next < schedule.faults.size() || !open_.empty()) {
    auto due = steady_clock::time_point::max();
    if (next < schedule.faults.size()) due = start + schedule.faults[next].at;
    const auto first =
        std::min_element(open_.begin(), open_.end(), [](const Fault& a, const Fault& b) { return a.at + a.lasts < b.at + b.lasts; });
    if (first != open_.end() && start + first->at + first->lasts <= due) {
      std::this_thread::sleep_until(start + first->at + first->lasts);
      End(*first);
      open_.erase(first);
      continue;
    }
    std::this_thread::sleep_until(due);
    const Fault& fault = schedule.faults[next++];
    say(ToText(fault));
    Begin(fault);
    if (fault.lasts.count() > 0) open_.push_back(fault);
  }
}

void Nemesis::Heal() {
  for (const Fault& fault : open_) End(fault);
  open_.clear();
}

}  // namespace souk::faults
