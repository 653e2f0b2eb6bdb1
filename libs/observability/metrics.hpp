#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace souk::metrics {

using Labels = std::map<std::string, std::string>;

// Handles live as long as the process. Fetch them once and keep them: an update costs nanoseconds, a look-up takes a lock.
class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Increment(double by = 1) = 0;
  virtual double Value() const = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
  virtual void Add(double by) = 0;
  virtual double Value() const = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
};

Counter& GetCounter(const std::string& name, const std::string& help, const Labels& labels = {});
Gauge& GetGauge(const std::string& name, const std::string& help, const Labels& labels = {});
Histogram& GetHistogram(const std::string& name, const std::string& help, const Labels& labels, const std::vector<double>& bounds);

/// Bounds for latencies in seconds: 0.5 ms to 10 s, log-spaced.
const std::vector<double>& LatencyBounds();

/// Called at each scrape, to set gauges that are cheaper to ask than to keep.
void OnScrape(std::function<void()> callback);

/// Everything in Prometheus's text format.
std::string Expose();

}  // namespace souk::metrics
