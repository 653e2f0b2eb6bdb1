#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "libs/base/result.hpp"

namespace souk::e2e {

/// A headless Chromium of its own, driven through chromedriver's WebDriver API. Gone with this object. One thread at a time.
class Browser {
 public:
  /// Empty when both programs are installed; otherwise what is missing.
  static std::string Missing();
  /// Logs and the profile go below `folder`.
  static Result<std::unique_ptr<Browser>> Start(const std::string& folder);
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  Result<void> Open(const std::string& url);
  /// Runs "return EXPRESSION" in the page; null when it could not be run.
  nlohmann::json Evaluate(const std::string& expression);
  /// A real click on the first element that matches.
  Result<void> Click(const std::string& css);
  /// Presses one key, such as "\uE007" (Enter) or "\uE00C" (Escape), where the focus is.
  Result<void> Press(const std::string& key);
  /// A command of the Chrome DevTools protocol.
  Result<void> Devtools(const std::string& command, const nlohmann::json& params);
  Result<void> SavePng(const std::string& path);
  /// What the page has written to its console as SEVERE since the last call.
  std::vector<std::string> ConsoleErrors();

 private:
  struct Parts;
  explicit Browser(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace souk::e2e
