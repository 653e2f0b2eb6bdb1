#include "test/bench/statistics.hpp"

#include <algorithm>

#include "libs/base/check.hpp"

namespace souk::bench {

Summary Summarize(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

std::vector<double> Ratios(const std::vector<double>& numerators, const std::vector<double>& denominators) {
  SOUK_CHECK(numerators.size() == denominators.size());
  std::vector<double> ratios;
  for (std::size_t i = 0; i < numerators.size(); ++i) {
    if (denominators[i] > 0) ratios.push_back(numerators[i] / denominators[i]);
  }
  return ratios;
}

}  // namespace souk::bench
