#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include <pqxx/pqxx>

#include "libs/base/random.hpp"

namespace souk::testing {

/// A database of its own for one test, on the engine that SOUK_TEST_SQL names; dropped with this object.
/// Where the variable is not set the test fails with a line that says so.
class TestDatabase {
 public:
  explicit TestDatabase(const std::string& prefix) {
    const char* admin_url = std::getenv("SOUK_TEST_SQL");
    if (admin_url == nullptr) {
      ADD_FAILURE() << "set SOUK_TEST_SQL to the URL of a superuser, or run ./souk test";
      return;
    }
    SystemRandom random;
    name_ = prefix + "_" + std::to_string(random.Next() % 1'000'000'007);
    admin_ = std::make_unique<pqxx::connection>(admin_url);
    pqxx::nontransaction(*admin_).exec("CREATE DATABASE " + name_);
    const std::string text = admin_url;
    const std::size_t slash = text.find('/', text.find("://") + 3);
    const std::size_t query = text.find('?');
    url_ = text.substr(0, slash) + "/" + name_ + (query == std::string::npos ? "" : text.substr(query));
  }
  ~TestDatabase() {
    if (admin_) pqxx::nontransaction(*admin_).exec("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& url() const { return url_; }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::string url_;
  std::unique_ptr<pqxx::connection> admin_;
};

/// What an environment variable of the tests says; a failure that names it where it is not set.
inline std::string TestEnvironment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    ADD_FAILURE() << "set " << name << ", or run ./souk test";
    return {};
  }
  return value;
}

}  // namespace souk::testing
