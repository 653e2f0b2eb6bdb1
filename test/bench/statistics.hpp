#pragma once

#include <vector>

namespace souk::bench {

/// What is said of a figure that was measured several times.
struct Summary {
  double median = 0;
  double min = 0;
  double max = 0;
};

/// All zero when there is no value; the mean of the two middle ones when their number is even.
Summary Summarize(std::vector<double> values);

/// a/b pair by pair; pairs without a denominator are left out. Both have the same size.
std::vector<double> Ratios(const std::vector<double>& numerators, const std::vector<double>& denominators);

}  // namespace souk::bench
