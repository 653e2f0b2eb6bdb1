#include "libs/config/config.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>

#include "libs/config/toml_file.hpp"

extern char** environ;  // NOLINT: POSIX

namespace souk::config {
namespace {

using std::chrono::milliseconds;

// SOUK_ variables that speak to the tools around a service, not to the service.
const std::set<std::string>& ToolVariables() {
  static const std::set<std::string> names = {"SOUK_CONFIG", "SOUK_STATE", "SOUK_BIN", "SOUK_CLI", "SOUK_DATA",
                                              "SOUK_PORT_OFFSET", "SOUK_COLOR"};
  return names;
}

// Values that an example file might carry and that must never protect a real shop.
bool IsDefaultSecret(const std::string& value) {
  static const std::set<std::string> defaults = {"", "changeit", "changeme", "password", "secret", "test", "admin",
                                                 "whsec_test", "sk_test_souk", "whsec_souk_demo"};
  return defaults.contains(value);
}

std::string EnvironmentName(const std::string& key) {
  std::string name = "SOUK_" + key;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c == '.' || c == '-' ? '_' : static_cast<char>(std::toupper(c));
  });
  return name;
}

std::optional<std::int64_t> ParseInt(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<milliseconds> ParseDuration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = ParseInt(text.substr(0, digits));
  const std::string_view unit = text.substr(digits);
  if (!count || *count > 1'000'000'000) return std::nullopt;
  if (unit == "ms") return milliseconds(*count);
  if (unit == "s") return milliseconds(*count * 1000);
  if (unit == "m") return milliseconds(*count * 60'000);
  if (unit == "h") return milliseconds(*count * 3'600'000);
  return std::nullopt;
}

Error Bad(const std::string& message) { return MakeError(ErrorCode::kInvalidArgument, message); }

std::string DurationText(milliseconds value) { return std::to_string(value.count()) + "ms"; }

}  // namespace

Schema::Schema(std::string service) : service_(std::move(service)) {
  Text("profile", &profile_, "development", "\"development\" or \"production\"; production refuses default secrets");
  keys_.back()->parse = [this](const std::string& value) -> Result<void> {
    if (value != "development" && value != "production") return Bad("must be development or production");
    profile_ = value;
    return {};
  };
}

Schema::Key& Schema::Add(Key key) {
  SOUK_CHECK(key.parse(key.default_text).ok());
  key.effective = key.default_text;
  keys_.push_back(std::make_unique<Key>(std::move(key)));
  return *keys_.back();
}

Schema::Key& Schema::Int(std::string name, int* target, int default_value, int min, int max, std::string doc) {
  Key key;
  key.name = std::move(name);
  key.doc = std::move(doc);
  key.default_text = std::to_string(default_value);
  key.bounds = std::to_string(min) + ".." + std::to_string(max);
  key.parse = [target, min, max](const std::string& text) -> Result<void> {
    const auto value = ParseInt(text);
    if (!value || *value < min || *value > max) {
      return Bad("must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    *target = static_cast<int>(*value);
    return {};
  };
  return Add(std::move(key));
}

Schema::Key& Schema::Int64(std::string name, std::int64_t* target, std::int64_t default_value, std::int64_t min,
                           std::int64_t max, std::string doc) {
  Key key;
  key.name = std::move(name);
  key.doc = std::move(doc);
  key.default_text = std::to_string(default_value);
  key.bounds = std::to_string(min) + ".." + std::to_string(max);
  key.parse = [target, min, max](const std::string& text) -> Result<void> {
    const auto value = ParseInt(text);
    if (!value || *value < min || *value > max) {
      return Bad("must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    *target = *value;
    return {};
  };
  return Add(std::move(key));
}

Schema::Key& Schema::Bool(std::string name, bool* target, bool default_value, std::string doc) {
  Key key;
  key.name = std::move(name);
  key.doc = std::move(doc);
  key.default_text = default_value ? "true" : "false";
  key.bounds = "true or false";
  key.is_switch = true;
  key.parse = [target](const std::string& text) -> Result<void> {
    if (text != "true" && text != "false") return Bad("must be true or false");
    *target = text == "true";
    return {};
  };
  return Add(std::move(key));
}

Schema::Key& Schema::Text(std::string name, std::string* target, std::string default_value, std::string doc) {
  Key key;
  key.name = std::move(name);
  key.doc = std::move(doc);
  key.default_text = std::move(default_value);
  key.parse = [target](const std::string& text) -> Result<void> {
    *target = text;
    return {};
  };
  return Add(std::move(key));
}

Schema::Key& Schema::Duration(std::string name, milliseconds* target, milliseconds default_value, milliseconds min,
                              milliseconds max, std::string doc) {
  Key key;
  key.name = std::move(name);
  key.doc = std::move(doc);
  key.default_text = DurationText(default_value);
  key.bounds = DurationText(min) + ".." + DurationText(max);
  key.parse = [target, min, max](const std::string& text) -> Result<void> {
    const auto value = ParseDuration(text);
    if (!value || *value < min || *value > max) {
      return Bad("must be a duration such as 250ms, 5s, 15m or 2h, from " + DurationText(min) + " to " + DurationText(max));
    }
    *target = *value;
    return {};
  };
  return Add(std::move(key));
}

Result<void> Schema::Set(const std::string& name, const std::string& value, const std::string& origin) {
  for (auto& key : keys_) {
    if (key->name != name) continue;
    if (auto parsed = key->parse(value); !parsed.ok()) {
      const std::string shown = key->secret ? "***" : value;
      return Bad(service_ + ": " + name + "=" + shown + " (from " + origin + ") " + parsed.error().message);
    }
    key->effective = value;
    key->origin = origin;
    return {};
  }
  return Bad(service_ + ": unknown configuration key '" + name + "' (from " + origin + "); --help lists the known ones");
}

bool Schema::IsSwitch(const std::string& name) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const auto& key) { return key->name == name && key->is_switch; });
}

Result<void> Schema::Load(int argc, const char* const* argv) {
  std::map<std::string, std::string> flags;
  std::string file = std::getenv("SOUK_CONFIG") == nullptr ? "" : std::getenv("SOUK_CONFIG");
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    if (argument.rfind("--", 0) == 0 && equals == std::string::npos && IsSwitch(argument.substr(2))) {
      flags[argument.substr(2)] = "true";
      continue;
    }
    if (argument.rfind("--", 0) != 0 || equals == std::string::npos) {
      return Bad(service_ + ": '" + argument + "' is not of the form --key=value; --help lists the keys");
    }
    const std::string name = argument.substr(2, equals - 2);
    if (name == "config") {
      file = argument.substr(equals + 1);
    } else {
      flags[name] = argument.substr(equals + 1);
    }
  }
  if (!file.empty()) {
    SOUK_ASSIGN_OR_RETURN(const auto values, ReadTomlFile(file));
    for (const auto& [name, value] : values) SOUK_RETURN_IF_ERROR(Set(name, value, "file " + file));
  }
  std::map<std::string, std::string> by_variable;
  for (const auto& key : keys_) by_variable[EnvironmentName(key->name)] = key->name;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string variable = text.substr(0, text.find('='));
    if (variable.rfind("SOUK_", 0) != 0 || variable.rfind("SOUK_TEST_", 0) == 0 || ToolVariables().contains(variable)) continue;
    const auto known = by_variable.find(variable);
    if (known == by_variable.end()) {
      return Bad(service_ + ": unknown environment variable " + variable + "; --help lists the known keys");
    }
    SOUK_RETURN_IF_ERROR(Set(known->second, text.substr(variable.size() + 1), "environment " + variable));
  }
  for (const auto& [name, value] : flags) SOUK_RETURN_IF_ERROR(Set(name, value, "flag --" + name));
  for (const auto& key : keys_) {
    if (key->required && key->effective.empty()) {
      return Bad(service_ + ": " + key->name + " is required: set --" + key->name + "=... or " + EnvironmentName(key->name));
    }
    if (profile_ == "production" && key->secret && IsDefaultSecret(key->effective)) {
      return Bad(service_ + ": " + key->name + " has a default value, which the production profile refuses: set a secret of your own in " +
                 EnvironmentName(key->name));
    }
    if (profile_ == "production" && key->development_only && key->effective != key->default_text) {
      return Bad(service_ + ": " + key->name + " breaks things on purpose, which the production profile refuses: leave it unset");
    }
  }
  return {};
}

std::string Schema::Describe() const {
  std::string text;
  for (const auto& key : keys_) {
    const std::string value = key->secret ? (key->effective.empty() ? "(empty)" : "***") : key->effective;
    text += key->name + " = " + value + "  # " + key->origin + "\n";
  }
  return text;
}

std::string Schema::Help() const {
  std::string text = service_ + ": --key=value, or SOUK_KEY in the environment, or a TOML file named by --config=FILE\n\n";
  for (const auto& key : keys_) {
    text += "  --" + key->name + "=" + (key->default_text.empty() ? "..." : key->default_text);
    if (!key->bounds.empty()) text += "  (" + key->bounds + ")";
    text += "\n      " + key->doc + "\n";
  }
  return text;
}

void LoadOrExit(Schema& schema, int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--help") {
      std::fputs(schema.Help().c_str(), stdout);
      std::exit(0);
    }
  }
  const auto loaded = schema.Load(argc, argv);
  if (loaded.ok()) return;
  std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
  std::exit(2);
}

}  // namespace souk::config
