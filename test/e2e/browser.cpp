#include "test/e2e/browser.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "libs/http/client.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/process.hpp"

namespace souk::e2e {
namespace {

using nlohmann::json;

// A page may take this long on a machine that is busy with everything else.
constexpr auto kPatience = std::chrono::seconds(60);
constexpr const char* kSession = "/session/";
constexpr const char* kElementKey = "element-6066-11e4-a52e-4f735466cecf";  // WebDriver's name for a reference to an element

std::string FromBase64(const std::string& text) {
  static const std::string kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string::npos) continue;
    bits = (bits << 6) | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>((bits >> count) & 0xff));
  }
  return bytes;
}

bool Installed(const std::string& program) {
  std::istringstream folders(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (std::filesystem::exists(folder + "/" + program)) return true;
  }
  return false;
}

// chromedriver chooses a free port and says which.
std::string AwaitPort(const std::string& log) {
  std::string port;
  (void)testing::Eventually([&] {
    std::ifstream file(log);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::string mark = "started successfully on port ";
    const std::size_t at = text.find(mark);
    if (at == std::string::npos) return false;
    port = text.substr(at + mark.size(), text.find_first_not_of("0123456789", at + mark.size()) - at - mark.size());
    return !port.empty();
  }, kPatience);
  return port;
}

json Capabilities(const std::string& folder) {
  const json args = {"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1440,1200", "--user-data-dir=" + folder + "/profile"};
  return {{"capabilities", {{"alwaysMatch", {{"browserName", "chrome"}, {"goog:loggingPrefs", {{"browser", "ALL"}}}, {"goog:chromeOptions", {{"args", args}}}}}}}};
}

}  // namespace

struct Browser::Parts {
  Result<json> Ask(const std::string& method, const std::string& target, const json& body = json::object()) {
    http::ClientRequest request;
    request.method = method;
    request.url = base + target;
    request.deadline = kPatience;
    if (method == "POST") {
      request.headers = {{"Content-Type", "application/json"}};
      request.body = body.dump();
    }
    SOUK_ASSIGN_OR_RETURN(const http::Response response, client.SendSync(std::move(request)));
    json answer = json::parse(response.body, nullptr, false);
    if (response.status != 200 || !answer.is_object()) return MakeError(ErrorCode::kInternal, target + ": " + response.body.substr(0, 600));
    return answer["value"];
  }
  Result<json> InSession(const std::string& method, const std::string& command, const json& body = json::object()) {
    return Ask(method, kSession + session + "/" + command, body);
  }

  testing::ChildProcess driver;
  http::Client client;
  std::string base;
  std::string session;
};

std::string Browser::Missing() {
  for (const char* program : {"chromium", "chromedriver"}) {
    if (!Installed(program)) return std::string(program) + " is not installed (Debian packages chromium and chromium-driver)";
  }
  return {};
}

Browser::Browser(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Browser::~Browser() {
  if (!parts_->session.empty()) (void)parts_->Ask("DELETE", kSession + parts_->session);
  parts_->driver.Kill(SIGTERM);
  parts_->driver.Wait();
}

Result<std::unique_ptr<Browser>> Browser::Start(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  std::filesystem::create_directories(folder);
  auto browser = std::unique_ptr<Browser>(new Browser(std::make_unique<Parts>()));
  Parts& parts = *browser->parts_;
  const std::string log = folder + "/chromedriver.log";
  SOUK_RETURN_IF_ERROR(parts.driver.Start({"chromedriver", "--port=0"}, {}, log));
  const std::string port = AwaitPort(log);
  if (port.empty()) return MakeError(ErrorCode::kUnavailable, "chromedriver did not start: see " + log);
  parts.base = "http://127.0.0.1:" + port;
  SOUK_ASSIGN_OR_RETURN(const json session, parts.Ask("POST", "/session", Capabilities(folder)));
  parts.session = session.value("sessionId", "");
  return browser;
}

Result<void> Browser::Open(const std::string& url) {
  SOUK_RETURN_IF_ERROR(parts_->InSession("POST", "url", {{"url", url}}));
  return {};
}

json Browser::Evaluate(const std::string& expression) {
  auto value = parts_->InSession("POST", "execute/sync", {{"script", "return " + expression}, {"args", json::array()}});
  return value.ok() ? *value : json();
}

Result<void> Browser::Click(const std::string& css) {
  SOUK_ASSIGN_OR_RETURN(const json element, parts_->InSession("POST", "element", {{"using", "css selector"}, {"value", css}}));
  SOUK_RETURN_IF_ERROR(parts_->InSession("POST", "element/" + element.value(kElementKey, "") + "/click"));
  return {};
}

Result<void> Browser::Press(const std::string& key) {
  const json strokes = {{{"type", "keyDown"}, {"value", key}}, {{"type", "keyUp"}, {"value", key}}};
  SOUK_RETURN_IF_ERROR(parts_->InSession("POST", "actions", {{"actions", {{{"type", "key"}, {"id", "keyboard"}, {"actions", strokes}}}}}));
  return {};
}

Result<void> Browser::Devtools(const std::string& command, const json& params) {
  SOUK_RETURN_IF_ERROR(parts_->InSession("POST", "goog/cdp/execute", {{"cmd", command}, {"params", params}}));
  return {};
}

Result<void> Browser::SavePng(const std::string& path) {
  SOUK_ASSIGN_OR_RETURN(const json picture, parts_->InSession("GET", "screenshot"));
  std::ofstream(path, std::ios::binary) << FromBase64(picture.get<std::string>());
  return {};
}

std::vector<std::string> Browser::ConsoleErrors() {
  std::vector<std::string> errors;
  const auto entries = parts_->InSession("POST", "se/log", {{"type", "browser"}});
  if (!entries.ok()) return {entries.error().message};
  for (const json& entry : *entries) {
    if (entry.value("level", "") == "SEVERE") errors.push_back(entry.value("message", ""));
  }
  return errors;
}

}  // namespace souk::e2e
