#include "libs/config/toml_file.hpp"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace souk::config {
namespace {

void Flatten(const toml::table& table, const std::string& prefix, std::map<std::string, std::string>& out) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix.empty() ? std::string(key.str()) : prefix + "." + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      Flatten(*inner, name, out);
    } else if (const auto text = node.value<std::string>()) {
      out[name] = *text;
    } else if (const auto number = node.value_exact<std::int64_t>()) {
      out[name] = std::to_string(*number);
    } else if (const auto flag = node.value_exact<bool>()) {
      out[name] = *flag ? "true" : "false";
    } else {
      out[name] = "(neither text, nor a whole number, nor true or false)";
    }
  }
}

}  // namespace

Result<std::map<std::string, std::string>> ReadTomlFile(const std::string& path) {
  try {
    std::map<std::string, std::string> values;
    Flatten(toml::parse_file(path), "", values);
    return values;
  } catch (const toml::parse_error& error) {
    return MakeError(ErrorCode::kInvalidArgument, "configuration file " + path + ", line " +
                                                      std::to_string(error.source().begin.line) + ": " +
                                                      std::string(error.description()));
  }
}

}  // namespace souk::config
