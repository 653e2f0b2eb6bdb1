#include "libs/observability/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "libs/base/luhn.hpp"
#include "libs/base/time.hpp"

namespace souk::log {
namespace {

struct State {
  std::string service = "souk";
  std::string instance;
  std::shared_ptr<spdlog::logger> logger;
  Level level = Level::kWarn;
};

State& Global() {
  static State* state = [] {
    auto* made = new State;
    made->logger = std::make_shared<spdlog::logger>("souk", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->logger->set_pattern("%v");
    made->logger->set_level(spdlog::level::trace);
    made->logger->flush_on(spdlog::level::trace);
    return made;
  }();
  return *state;
}

void AppendJsonText(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(byte));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void AppendMember(std::string& out, std::string_view key, std::string_view value) {
  out.push_back(',');
  AppendJsonText(out, key);
  out.push_back(':');
  AppendJsonText(out, MaskCardNumbers(value));
}

void Write(Level level, std::string_view name, std::string_view message, std::initializer_list<Field> fields) {
  State& state = Global();
  if (level < state.level) return;
  std::string line = "{\"ts\":\"" + FormatTime(SystemClock().Now()) + "\",\"level\":\"" + std::string(name) + "\"";
  AppendMember(line, "service", state.service);
  if (!state.instance.empty()) AppendMember(line, "instance", state.instance);
  AppendMember(line, "msg", message);
  for (const Field& field : fields) AppendMember(line, field.key, field.value);
  line.push_back('}');
  state.logger->log(spdlog::level::info, "{}", line);
}

}  // namespace

void Configure(std::string_view service, std::string_view instance, Level level) {
  State& state = Global();
  state.service = service;
  state.instance = instance;
  state.level = level;
  auto logger = std::make_shared<spdlog::logger>("souk", std::make_shared<spdlog::sinks::stdout_sink_mt>());
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  state.logger = logger;
}

Level ParseLevel(std::string_view text) {
  if (text == "debug") return Level::kDebug;
  if (text == "warn") return Level::kWarn;
  if (text == "error") return Level::kError;
  return Level::kInfo;
}

bool Enabled(Level level) { return level >= Global().level; }

void Debug(std::string_view message, std::initializer_list<Field> fields) { Write(Level::kDebug, "debug", message, fields); }
void Info(std::string_view message, std::initializer_list<Field> fields) { Write(Level::kInfo, "info", message, fields); }
void Warn(std::string_view message, std::initializer_list<Field> fields) { Write(Level::kWarn, "warn", message, fields); }
void Error(std::string_view message, std::initializer_list<Field> fields) { Write(Level::kError, "error", message, fields); }

}  // namespace souk::log
