#include "test/faults/matrix.hpp"

#include <algorithm>
#include <map>
#include <thread>

#include "libs/testing/eventually.hpp"
#include "test/faults/points.hpp"
#include "test/faults/sellers.hpp"
#include "test/faults/workload.hpp"

namespace souk::faults {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kReachedMax{25};
constexpr seconds kReadyMax{30};

// Longer than the deadlines that are set for the fleet under test (a step of the saga: 2 s).
std::string OrderFor(const std::string& action) {
  if (action == "pause" || action == "delay") return action + ":3s";
  if (action == "error") return "error:1x3";
  return action;
}

/// Points that a process links and that neither orders nor sellers ever pass.
bool IsOffItsWay(const std::string& point) {
  if (point.rfind("notifications.redis.", 0) == 0) return true;  // it only listens to a channel: no calls
  // It publishes nothing but dead letters of unreadable order events, and no such event is part of the workload.
  return point == "order-recovery.kafka.before_produce" || point == "order-recovery.kafka.after_ack";
}

/// What is armed in one round: at most one point of each process.
struct Armed {
  std::string process;
  int pid = 0;
  Cell* cell = nullptr;
};

class Matrix {
 public:
  Matrix(e2e::Fleet& fleet, const MatrixOptions& options, const std::function<void(const std::string&)>& say)
      : fleet_(fleet), options_(options), say_(say), points_(fleet.AdminPorts()), bystanders_(fleet), sellers_(fleet) {}

  std::vector<Cell> Run() {
    for (const std::string& action : options_.actions) {
      std::map<std::string, std::vector<Cell>> rows = CellsOf(action);
      std::size_t rounds = 0;
      for (const auto& [process, cells] : rows) rounds = std::max(rounds, cells.size());
      for (std::size_t round = 0; round < rounds; ++round) {
        std::vector<Armed> armed;
        for (auto& [process, cells] : rows) {
          if (round < cells.size()) armed.push_back({process, 0, &cells[round]});
        }
        Round(armed, action, round + 1, rounds);
      }
      for (auto& [process, cells] : rows) all_.insert(all_.end(), cells.begin(), cells.end());
    }
    return std::move(all_);
  }

 private:
  std::map<std::string, std::vector<Cell>> CellsOf(const std::string& action) {
    std::map<std::string, std::vector<Cell>> rows;
    for (const auto& [process, port] : points_.ports()) {
      const auto status = points_.Ask(process);
      if (!status.ok() || !status->enabled) {
        all_.push_back({process + ".*", action, false, false, "fail points are off"});
        continue;
      }
      for (const PointStatus& point : status->points) {
        if (point.name.find(options_.only) == std::string::npos) continue;
        if (action == "error" && !point.may_fail) continue;
        if (IsOffItsWay(point.name)) continue;
        rows[process].push_back({point.name, action, false, false, ""});
      }
    }
    return rows;
  }

  void Round(std::vector<Armed>& armed, const std::string& action, std::size_t number, std::size_t rounds) {
    const e2e::Outcome outcome = e2e::ReplayUnder(
        fleet_, options_.orders, options_.rate, [&] { Strike(armed, action); },
        [&](demo::Plan& plan) {
          OneOfEveryKind(plan);
          bystanders_.SubscribeCustomers(plan);
        });
    std::string trouble = TroubleIn(outcome);
    for (const std::string& sku : sellers_.NotOnSale()) trouble += "product " + sku + " was acknowledged and is not on sale\n";
    std::string names;
    for (Armed& one : armed) {
      one.cell->survived = trouble.empty();
      if (one.cell->trouble.empty()) one.cell->trouble = trouble;
      names += " " + one.cell->point + (one.cell->reached ? "" : " (NOT REACHED)");
    }
    say_(action + " " + std::to_string(number) + "/" + std::to_string(rounds) + (trouble.empty() ? " clean:" : " TROUBLE:") + names +
         (trouble.empty() ? "" : "\n" + trouble));
  }

  std::string TroubleIn(const e2e::Outcome& outcome) const {
    std::string trouble;
    if (!outcome.all_ended) {
      trouble += std::to_string(outcome.totals.accepted - outcome.totals.terminal) + " of " + std::to_string(outcome.totals.accepted) +
                 " accepted orders have not ended\n";
    }
    if (outcome.refused > 0) trouble += std::to_string(outcome.refused) + " orders were refused for good\n";
    if (!outcome.report.clean()) trouble += audit::ToText(outcome.report);
    return trouble;
  }

  void Strike(std::vector<Armed>& armed, const std::string& action) {
    for (Armed& one : armed) {
      const auto status = points_.Ask(one.process);
      if (status.ok()) one.pid = status->pid;
    }
    for (Armed& one : armed) {
      if (const auto done = points_.Arm(one.process, one.cell->point + "=" + OrderFor(action)); !done.ok())
        one.cell->trouble = done.error().message;
    }
    bystanders_.PublishPoison();
    const auto struck = [&] {
      sellers_.Offer();
      return AllReached(armed, action);
    };
    testing::Eventually(struck, kReachedMax, milliseconds(50));
    for (const Armed& one : armed) (void)points_.Disarm(one.process).ok();  // away: nothing is armed there
    for (const auto& [process, port] : points_.ports()) {
      if (!testing::Eventually([&, name = process] { return points_.Ready(name); }, kReadyMax, milliseconds(50)))
        say_(process + " is not ready after " + std::to_string(kReadyMax.count()) + " s");
    }
  }

  /// Asks every one of them, also after one that has not been reached.
  bool AllReached(std::vector<Armed>& armed, const std::string& action) {
    bool all = true;
    for (Armed& one : armed) all = Reached(one, action) && all;
    return all;
  }

  bool Reached(Armed& one, const std::string& action) {
    if (one.cell->reached) return true;
    const auto status = points_.Ask(one.process);
    if (!status.ok()) return false;
    if (action == "kill") {
      one.cell->reached = one.pid != 0 && status->pid != one.pid;
    } else if (const PointStatus* point = status->Find(one.cell->point); point != nullptr) {
      one.cell->reached = point->fired > 0;
    }
    return one.cell->reached;
  }

  e2e::Fleet& fleet_;
  const MatrixOptions options_;
  const std::function<void(const std::string&)> say_;
  Points points_;
  Bystanders bystanders_;
  Sellers sellers_;
  std::vector<Cell> all_;
};

}  // namespace

std::vector<Cell> RunMatrix(e2e::Fleet& fleet, const MatrixOptions& options, const std::function<void(const std::string&)>& say) {
  return Matrix(fleet, options, say).Run();
}

std::string ToTable(const std::vector<Cell>& cells) {
  std::size_t width = 5;
  for (const Cell& cell : cells) width = std::max(width, cell.point.size());
  std::string table;
  const auto line = [&](std::string point, std::string action, std::string reached, const std::string& verdict) {
    point.resize(width + 2, ' ');
    action.resize(8, ' ');
    reached.resize(9, ' ');
    table += point + action + reached + verdict + "\n";
  };
  line("POINT", "ACTION", "REACHED", "VERDICT");
  for (const Cell& cell : cells) line(cell.point, cell.action, cell.reached ? "yes" : "NO", cell.survived ? "survived" : "FAILED");
  return table;
}

bool AllSurvived(const std::vector<Cell>& cells) {
  return !cells.empty() && std::all_of(cells.begin(), cells.end(), [](const Cell& cell) { return cell.reached && cell.survived; });
}

}  // namespace souk::faults
