#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace souk::config {

/// Declares what a service can be told, once per key: name, sentence, default, bounds, secrecy. The declared variables are filled by Load().
///
///   struct Config { int http_port = 0; std::string sql_url; };
///   config::Schema schema("orders");
///   schema.Int("http.port", &config.http_port, 3001, 0, 65535, "Port of the REST API; 0 picks one");
///   schema.Text("sql.url", &config.sql_url, "", "Where the SQL engine is").Secret().Required();
class Schema {
 public:
  struct Key {
    std::string name;  ///< dotted lower case, e.g. "http.port"; flag --http.port, environment SOUK_HTTP_PORT
    std::string doc;
    std::string default_text;
    std::string bounds;  ///< for help, e.g. "0..65535"
    std::string effective;
    std::string origin = "default";  ///< default, file, environment, flag
    bool secret = false;
    bool required = false;
    bool development_only = false;  ///< only the default is accepted with profile=production
    bool is_switch = false;  ///< --name alone means --name=true
    std::function<Result<void>(const std::string&)> parse;
    Key& Secret() { secret = true; return *this; }
    Key& Required() { required = true; return *this; }
    Key& DevelopmentOnly() { development_only = true; return *this; }
  };

  explicit Schema(std::string service);
  Schema(const Schema&) = delete;  // the keys point into it
  Schema& operator=(const Schema&) = delete;
  Key& Int(std::string name, int* target, int default_value, int min, int max, std::string doc);
  Key& Int64(std::string name, std::int64_t* target, std::int64_t default_value, std::int64_t min, std::int64_t max, std::string doc);
  Key& Bool(std::string name, bool* target, bool default_value, std::string doc);
  Key& Text(std::string name, std::string* target, std::string default_value, std::string doc);
  /// Milliseconds, written as "250ms", "5s", "15m" or "2h".
  Key& Duration(std::string name, std::chrono::milliseconds* target, std::chrono::milliseconds default_value,
                std::chrono::milliseconds min, std::chrono::milliseconds max, std::string doc);

  /// defaults < file (--config FILE or SOUK_CONFIG, TOML) < environment SOUK_* < flags --name=value. kInvalidArgument with one clear line for an
  /// unknown key (in any of the three; unknown SOUK_ variables that belong to tools, SOUK_TEST_* and SOUK_STATE etc., are left alone), a value that doesn't parse
  /// or is out of bounds, a required key without a value, or, with profile=production, a default secret such as "changeit"
  /// or a key that is only for development.
  Result<void> Load(int argc, const char* const* argv);

  /// One line per key: name, effective value (secrets masked), origin. Also served at /config.
  std::string Describe() const;
  std::string Help() const;
  /// "development" or "production", as loaded.
  const std::string& profile() const { return profile_; }

 private:
  Key& Add(Key key);
  bool IsSwitch(const std::string& name) const;
  Result<void> Set(const std::string& name, const std::string& value, const std::string& origin);
  std::string service_;
  std::string profile_;
  std::vector<std::unique_ptr<Key>> keys_;
};

/// Loads or ends the process: prints help (--help, exit 0) or one line to stderr (exit 2).
void LoadOrExit(Schema& schema, int argc, const char* const* argv);

}  // namespace souk::config
