#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "test/bench/statistics.hpp"

namespace souk::bench {

/// One goal of the project: its number, what it says, what was measured.
struct Figure {
  std::string id;       ///< "P1"
  std::string meaning;  ///< a sentence
  std::vector<std::pair<std::string, double>> values;  ///< in the order they are shown

  Figure& Set(const std::string& name, double value) {
    values.emplace_back(name, value);
    return *this;
  }
  /// "ratio", "min" and "max".
  Figure& SetRatio(const Summary& summary) { return Set("ratio", summary.median).Set("min", summary.min).Set("max", summary.max); }
};

struct BenchReport {
  std::vector<Figure> figures;
  std::map<std::string, double> cpu_us;  ///< CPU-us per operation, by process
  std::string operation;                 ///< "order", "reservation"
  std::vector<std::string> remarks;      ///< failures, what was not measured
  std::string audit = "not run";         ///< verdict; "clean" is good
};

/// A table for people.
std::string ToText(const BenchReport& report);
/// One line: {"P1": {"ratio": 0.3, ...}, ..., "cpu_us_per_order": {...}, "audit": "clean"}.
std::string ToJson(const BenchReport& report);

}  // namespace souk::bench
