#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "libs/testing/eventually.hpp"
#include "libs/testing/test_database.hpp"
#include "test/e2e/browser.hpp"
#include "test/e2e/fleet.hpp"

// The live page as a person meets it, in a real browser, while orders are replayed.
namespace souk::e2e {
namespace {

using nlohmann::json;

constexpr auto kPatience = std::chrono::seconds(60);
constexpr const char* kEnter = "\xEE\x80\x87";   // WebDriver's U+E007
constexpr const char* kEscape = "\xEE\x80\x8C";  // U+E00C

class LivePageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = Browser::Missing(); !missing.empty()) GTEST_SKIP() << missing;
    state_ = testing::TestEnvironment("SOUK_TEST_STATE");
    auto browser = Browser::Start(state_ + "/browser");
    ASSERT_TRUE(browser.ok()) << browser.error().message;
    browser_ = std::move(*browser);
    const auto opened = browser_->Open(Fleet::Get().GatewayUrl() + "/");
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    Await("document.getElementById('connection').textContent === 'live'");
    Await("Number(document.body.dataset.pictures) > 1");
  }
  void TearDown() override {
    if (!browser_) return;
    for (const std::string& error : browser_->ConsoleErrors()) ADD_FAILURE() << "the page's console says: " << error;
  }

  /// Waits until a JavaScript condition holds in the page.
  void Await(const std::string& condition) {
    EXPECT_TRUE(testing::Eventually([&] { return browser_->Evaluate(condition) == json(true); }, kPatience, std::chrono::milliseconds(50)))
        << condition << "\nthe page shows:\n" << browser_->Evaluate("document.body.innerText.slice(0, 1500)");
  }
  void Do(const Result<void>& result) { EXPECT_TRUE(result.ok()) << result.error().message; }
  void Picture(const std::string& name) { Do(browser_->SavePng(state_ + "/live-page-" + name + ".png")); }
  void Shrink(int width, int height) {
    Do(browser_->Devtools("Emulation.setDeviceMetricsOverride", {{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", width < 500}}));
  }
  void Scheme(const std::string& value) {
    Do(browser_->Devtools("Emulation.setEmulatedMedia", {{"features", {{{"name", "prefers-color-scheme"}, {"value", value}}}}}));
  }

  std::string state_;
  std::unique_ptr<Browser> browser_;
};

TEST_F(LivePageTest, LoadsFromTheGatewayAlone) {
  const std::string gateway = Fleet::Get().GatewayUrl();
  const json names = browser_->Evaluate("performance.getEntries().map(entry => entry.name).filter(name => /^[a-z]+:/.test(name) && !name.startsWith('data:'))");
  ASSERT_TRUE(names.is_array());
  EXPECT_GE(names.size(), 4u);
  for (const json& name : names) EXPECT_EQ(name.get<std::string>().rfind(gateway, 0), 0u) << name;
}

TEST_F(LivePageTest, MovesWithTheOrders) {
  const Outcome outcome = ReplayUnder(Fleet::Get(), 400, 25, [&] {
    const int before = std::stoi(browser_->Evaluate("document.body.dataset.pictures").get<std::string>());
    Await("Number(document.body.dataset.pictures) > " + std::to_string(before + 2));
    Await("Number(document.getElementById('rate').textContent) > 0");
    Await("document.querySelectorAll('#recent tr').length > 10");
    Await("document.querySelectorAll('#stock .sku').length > 0");
    Await("document.querySelectorAll('#chart-rate canvas, #chart-latency canvas').length === 2");
    Shrink(1440, 1500);
    Scheme("light");
    Picture("light");
    Scheme("dark");
    Await("matchMedia('(prefers-color-scheme: dark)').matches");
    Picture("dark");
    Shrink(390, 844);
    Scheme("light");
    Picture("phone");
  });
  EXPECT_TRUE(outcome.all_ended);
  Shrink(1440, 1500);
  Await("document.getElementById('inflight').textContent === '0'");
}

TEST_F(LivePageTest, ShowsTheInvariantsTheProcessesAndTheLag) {
  Await("document.querySelectorAll('#invariants li').length >= 9");
  Await("document.querySelectorAll('#lag li').length >= 5");
  for (const char* name : {"orders", "inventory", "payments", "fulfillment", "notifications", "products", "order-recovery", "gateway", "audit", "payment-simulator", "mail-sink"}) {
    Await("[...document.querySelectorAll('#processes li')].some(item => item.firstChild.textContent === '" + std::string(name) +
          "' && item.lastChild.textContent === 'ready')");
  }
  Await("document.getElementById('verdict').textContent.includes('clean')");
}

TEST_F(LivePageTest, OpensTheLifeOfAnOrderByMouseAndByKeyboard) {
  // The newest orders of a gateway that was restarted are those since then.
  (void)ReplayUnder(Fleet::Get(), 20, 20, [] {});
  Await("document.querySelectorAll('#recent button').length > 5");
  Do(browser_->Click("#recent tr:nth-child(3) button"));
  Await("document.getElementById('life').open");
  Await("document.querySelectorAll('#life-steps li').length >= 3");
  Picture("life");
  Do(browser_->Press(kEscape));
  Await("!document.getElementById('life').open");
  browser_->Evaluate("document.querySelector('#recent tr:nth-child(2) button').focus()");
  Do(browser_->Press(kEnter));
  Await("document.getElementById('life').open");
  Await("document.querySelectorAll('#life-steps li').length >= 3");
  Do(browser_->Press(kEscape));
  Await("!document.getElementById('life').open");
}

TEST_F(LivePageTest, FitsAPhone) {
  Shrink(390, 844);
  Await("innerWidth === 390");
  EXPECT_EQ(browser_->Evaluate("document.documentElement.scrollWidth"), 390);
}

TEST_F(LivePageTest, IsDarkWhereTheReaderLikesItDark) {
  const std::string lightness = "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).slice(0, 3).reduce((sum, one) => sum + Number(one), 0)";
  Scheme("dark");
  Await(lightness + " < 200");
  Scheme("light");
  Await(lightness + " > 600");
}

}  // namespace
}  // namespace souk::e2e
