#include "libs/observability/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <memory>
#include <mutex>
#include <sstream>

namespace souk::metrics {
namespace {

class PrometheusCounter final : public Counter {
 public:
  explicit PrometheusCounter(prometheus::Counter& counter) : counter_(counter) {}
  void Increment(double by) override { counter_.Increment(by); }
  double Value() const override { return counter_.Value(); }

 private:
  prometheus::Counter& counter_;
};

class PrometheusGauge final : public Gauge {
 public:
  explicit PrometheusGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void Set(double value) override { gauge_.Set(value); }
  void Add(double by) override { gauge_.Increment(by); }
  double Value() const override { return gauge_.Value(); }

 private:
  prometheus::Gauge& gauge_;
};

class PrometheusHistogram final : public Histogram {
 public:
  explicit PrometheusHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void Observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

// One registry per process. A handle is made once per (name, labels) and lives until the process ends.
struct State {
  std::mutex mutex;
  prometheus::Registry registry;
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms;
  std::map<std::pair<std::string, Labels>, std::unique_ptr<Counter>> counter_handles;
  std::map<std::pair<std::string, Labels>, std::unique_ptr<Gauge>> gauge_handles;
  std::map<std::pair<std::string, Labels>, std::unique_ptr<Histogram>> histogram_handles;
  std::vector<std::function<void()>> on_scrape;
};

State& Global() {
  static State* state = new State;  // never destroyed: threads may still count while the process ends
  return *state;
}

}  // namespace

Counter& GetCounter(const std::string& name, const std::string& help, const Labels& labels) {
  State& state = Global();
  const std::lock_guard lock(state.mutex);
  auto& handle = state.counter_handles[{name, labels}];
  if (!handle) {
    auto*& family = state.counters[name];
    if (family == nullptr) family = &prometheus::BuildCounter().Name(name).Help(help).Register(state.registry);
    handle = std::make_unique<PrometheusCounter>(family->Add(labels));
  }
  return *handle;
}

Gauge& GetGauge(const std::string& name, const std::string& help, const Labels& labels) {
  State& state = Global();
  const std::lock_guard lock(state.mutex);
  auto& handle = state.gauge_handles[{name, labels}];
  if (!handle) {
    auto*& family = state.gauges[name];
    if (family == nullptr) family = &prometheus::BuildGauge().Name(name).Help(help).Register(state.registry);
    handle = std::make_unique<PrometheusGauge>(family->Add(labels));
  }
  return *handle;
}

Histogram& GetHistogram(const std::string& name, const std::string& help, const Labels& labels,
                        const std::vector<double>& bounds) {
  State& state = Global();
  const std::lock_guard lock(state.mutex);
  auto& handle = state.histogram_handles[{name, labels}];
  if (!handle) {
    auto*& family = state.histograms[name];
    if (family == nullptr) family = &prometheus::BuildHistogram().Name(name).Help(help).Register(state.registry);
    handle = std::make_unique<PrometheusHistogram>(family->Add(labels, bounds));
  }
  return *handle;
}

const std::vector<double>& LatencyBounds() {
  static const std::vector<double> bounds = {0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.04,
                                             0.06,   0.1,   0.15,  0.25,  0.4,   0.6,    1,    1.5,   2.5,   4, 6, 10};
  return bounds;
}

void OnScrape(std::function<void()> callback) {
  State& state = Global();
  const std::lock_guard lock(state.mutex);
  state.on_scrape.push_back(std::move(callback));
}

std::string Expose() {
  State& state = Global();
  std::vector<std::function<void()>> callbacks;
  {
    const std::lock_guard lock(state.mutex);
    callbacks = state.on_scrape;
  }
  for (const auto& callback : callbacks) callback();
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, state.registry.Collect());
  return out.str();
}

}  // namespace souk::metrics
