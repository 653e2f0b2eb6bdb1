#include <gtest/gtest.h>

#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"

namespace souk {
namespace {

TEST(MetricsTest, SameNameAndLabelsGiveTheSameHandle) {
  auto& counter = metrics::GetCounter("souk_test_total", "Test", {{"kind", "a"}});
  counter.Increment();
  metrics::GetCounter("souk_test_total", "Test", {{"kind", "a"}}).Increment(2);
  EXPECT_EQ(counter.Value(), 3);
  EXPECT_NE(metrics::Expose().find("souk_test_total{kind=\"a\"} 3"), std::string::npos);
}

TEST(MetricsTest, ScrapeCallbacksRunBeforeTheText) {
  auto& gauge = metrics::GetGauge("souk_test_gauge", "Test");
  metrics::OnScrape([&gauge] { gauge.Set(42); });
  EXPECT_NE(metrics::Expose().find("souk_test_gauge 42"), std::string::npos);
}

TEST(LogTest, WritesOneJsonObjectPerLineAndMasksCardNumbers) {
  log::Configure("test", "1", log::Level::kInfo);
  testing::internal::CaptureStdout();
  log::Debug("not shown");
  log::Info("paid with 4242424242424242", {{"order_id", "a\"b\n"}, {"attempts", 3}});
  const std::string line = testing::internal::GetCapturedStdout();
  EXPECT_EQ(line.find("4242424242424242"), std::string::npos);
  EXPECT_NE(line.find("\"order_id\":\"a\\\"b\\u000a\""), std::string::npos);
  EXPECT_NE(line.find("\"attempts\":\"3\""), std::string::npos);
  EXPECT_EQ(line.find("not shown"), std::string::npos);
}

}  // namespace
}  // namespace souk
