#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace souk::audit {

/// The outcome of checking one invariant of DESIGN: what was compared, how much of it, and who offends.
struct Invariant {
  std::string id;                      ///< "I1" ...
  std::string name;                    ///< what must hold, in words
  std::string compared_what;           ///< the sources that were held against each other
  std::int64_t compared = 0;           ///< rows, keys or records looked at
  std::vector<std::string> offenders;  ///< one line each: who, and what is wrong
  std::string not_checked;             ///< why it could not be checked; empty when it was
  std::int64_t checked_at_ms = 0;      ///< Unix time of the look that this is the outcome of

  bool ok() const { return not_checked.empty() && offenders.empty(); }
};

/// Sums that a reader wants beside the verdict.
struct Figures {
  std::map<std::string, std::int64_t> orders_by_status;
  std::int64_t orders = 0;
  std::int64_t orders_open = 0;
  std::int64_t stock_received = 0;
  std::int64_t stock_sold = 0;
  std::int64_t stock_reserved = 0;
  std::int64_t captured_minor = 0;
  std::int64_t refunded_minor = 0;
  std::int64_t stock_left() const { return stock_received - stock_sold; }
};

struct Report {
  std::vector<Invariant> invariants;
  Figures figures;
  double seconds = 0;

  /// Every invariant was checked and holds.
  bool clean() const;
  /// "clean", "violated", or "incomplete" when something could not be checked and nothing offends.
  std::string verdict() const;
};

/// One JSON object on one line: {"audit": "clean", "invariants": [...], "figures": {...}}.
std::string ToJson(const Report& report);
/// A table for people; at most `offenders_max` offenders for each invariant are printed.
std::string ToText(const Report& report, std::size_t offenders_max = 20);

}  // namespace souk::audit
