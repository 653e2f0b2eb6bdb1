#pragma once

#include <functional>
#include <string>
#include <vector>

#include "test/e2e/fleet.hpp"

namespace souk::faults {

/// One fail point under one action, and what came of it.
struct Cell {
  std::string point;
  std::string action;
  bool reached = false;
  bool survived = false;  ///< every accepted order ended within 60 s, the audit is clean
  std::string trouble;    ///< what was wrong
};

struct MatrixOptions {
  std::vector<std::string> actions = {"kill"};  ///< kill, pause, error, delay
  std::string only;                             ///< points whose name holds this; empty: all
  int orders = 48;                              ///< per round, of every kind
  int rate = 40;                                ///< orders per second
};

/// Visits every fail point of every running process: arms one point of each process at a time, places orders of every kind, waits until
/// each point has been reached and every process is ready again, then until every accepted order has ended, and audits. One call of `say`
/// per round.
std::vector<Cell> RunMatrix(e2e::Fleet& fleet, const MatrixOptions& options, const std::function<void(const std::string&)>& say);

/// point, action, reached, verdict; one line each.
std::string ToTable(const std::vector<Cell>& cells);
bool AllSurvived(const std::vector<Cell>& cells);

}  // namespace souk::faults
