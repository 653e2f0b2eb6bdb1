#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "libs/base/context.hpp"
#include "libs/base/error.hpp"

namespace souk::log {

enum class Level { kDebug, kInfo, kWarn, kError };

struct Field {
  std::string key;
  std::string value;
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, std::int64_t v) : key(k), value(std::to_string(v)) {}
  Field(std::string_view k, int v) : key(k), value(std::to_string(v)) {}
  Field(std::string_view k, std::size_t v) : key(k), value(std::to_string(v)) {}
};

/// Sets the service name and the level; lines go to standard output as one JSON object each:
/// {"ts","level","service","instance","msg", fields...}. Call once, before threads start. Without it lines go to stderr at Warn.
void Configure(std::string_view service, std::string_view instance, Level level);
/// "debug", "info", "warn", "error"; Info for anything else.
Level ParseLevel(std::string_view text);

/// Card numbers (Luhn-valid runs of 13 to 19 digits) in messages and values are masked before they are written.
void Debug(std::string_view message, std::initializer_list<Field> fields = {});
void Info(std::string_view message, std::initializer_list<Field> fields = {});
void Warn(std::string_view message, std::initializer_list<Field> fields = {});
void Error(std::string_view message, std::initializer_list<Field> fields = {});
bool Enabled(Level level);

/// Fields that belong on every line about a call.
inline Field Trace(const Context& context) { return Field("trace_id", context.trace.TraceIdHex()); }
inline Field Why(const souk::Error& error) { return Field("error", std::string(ToString(error.code)) + ": " + error.message); }

}  // namespace souk::log
