#pragma once

#include <string>

#include "tools/dlq/letters.hpp"

namespace souk::dlq {

struct Options {
  std::string brokers;
  Filter filter;
  Operator by;
  bool dry_run = false;
  bool json = false;
  int wait_seconds = 30;
};

// Each prints what it did and answers the exit code: 0 done, 1 something is left or failed, 2 wrong use.
int List(const Options& options);
int Show(const Options& options);
/// Takes the letters back to their groups, all open ones of their keys in order, waits until the groups have handled them, and again what followed
/// meanwhile. What fails again is a dead letter again.
int Redrive(const Options& options);
/// Gives the letters up; what waits behind them may go on once it is redriven.
int Drop(const Options& options);

struct ReplayOptions {
  std::string brokers;
  std::string topic;
  std::string group;
  std::string from;  ///< BEGINNING, END, an RFC 3339 time in UTC, or an offset
  bool dry_run = false;
};
/// Sets where a stopped group goes on reading.
int Replay(const ReplayOptions& options);

}  // namespace souk::dlq
