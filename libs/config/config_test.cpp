#include "libs/config/config.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace souk::config {
namespace {

struct Values {
  int port = 0;
  std::string secret;
  std::chrono::milliseconds wait{0};
};

std::unique_ptr<Schema> Declare(Values* values) {
  auto schema = std::make_unique<Schema>("orders");
  schema->Int("http.port", &values->port, 3001, 0, 65535, "Port");
  schema->Text("webhook.secret", &values->secret, "changeit", "Secret").Secret();
  schema->Duration("step.wait", &values->wait, std::chrono::seconds(5), std::chrono::milliseconds(1), std::chrono::hours(1), "Wait");
  return schema;
}

std::string LoadError(std::vector<const char*> args) {
  Values values;
  auto schema = Declare(&values);
  args.insert(args.begin(), "orders");
  const auto result = schema->Load(static_cast<int>(args.size()), args.data());
  return result.ok() ? "" : result.error().message;
}

TEST(ConfigTest, FlagsBeatEnvironmentBeatsFileBeatsDefault) {
  const std::string path = testing::TempDir() + "/souk_config_test.toml";
  std::ofstream(path) << "[http]\nport = 1\n[step]\nwait = \"2s\"\n";
  Values values;
  auto schema = Declare(&values);
  setenv("SOUK_HTTP_PORT", "2", 1);
  const std::string config_flag = "--config=" + path;
  const char* argv[] = {"orders", config_flag.c_str(), "--http.port=3"};
  ASSERT_TRUE(schema->Load(3, argv).ok());
  unsetenv("SOUK_HTTP_PORT");
  EXPECT_EQ(values.port, 3);
  EXPECT_EQ(values.wait, std::chrono::seconds(2));
  EXPECT_EQ(values.secret, "changeit");
  EXPECT_NE(schema->Describe().find("webhook.secret = ***"), std::string::npos);
}

// B84: a wrong configuration ends in one clear line.
TEST(ConfigTest, B84RefusesUnknownKeysAndBadValuesWithOneLine) {
  EXPECT_NE(LoadError({"--http.prot=1"}).find("unknown configuration key 'http.prot'"), std::string::npos);
  EXPECT_NE(LoadError({"--http.port=70000"}).find("from 0 to 65535"), std::string::npos);
  EXPECT_NE(LoadError({"--http.port=12a"}).find("whole number"), std::string::npos);
  EXPECT_NE(LoadError({"--step.wait=5"}).find("duration"), std::string::npos);
  EXPECT_NE(LoadError({"http.port"}).find("--key=value"), std::string::npos);
  EXPECT_NE(LoadError({"--config=/nowhere.toml"}).find("/nowhere.toml"), std::string::npos);
  setenv("SOUK_HTTP_PROT", "1", 1);
  EXPECT_NE(LoadError({}).find("SOUK_HTTP_PROT"), std::string::npos);
  unsetenv("SOUK_HTTP_PROT");
}

TEST(ConfigTest, B84MissingSecretIsNamedWithItsVariable) {
  std::string key;
  Schema schema("payments");
  schema.Text("provider.key", &key, "", "Key").Secret().Required();
  const char* argv[] = {"payments"};
  EXPECT_NE(schema.Load(1, argv).error().message.find("SOUK_PROVIDER_KEY"), std::string::npos);
}

TEST(ConfigTest, B85ProductionRefusesDefaultSecrets) {
  EXPECT_NE(LoadError({"--profile=production"}).find("webhook.secret"), std::string::npos);
  EXPECT_NE(LoadError({"--profile=production", "--webhook.secret="}).find("webhook.secret"), std::string::npos);
  EXPECT_EQ(LoadError({"--profile=production", "--webhook.secret=9f8e7d6c5b4a"}), "");
  EXPECT_NE(LoadError({"--profile=prod"}).find("development or production"), std::string::npos);
}

TEST(ConfigTest, ProductionRefusesWhatBreaksThingsOnPurpose) {
  std::string points;
  Schema schema("orders");
  schema.Text("failpoints", &points, "", "Points").DevelopmentOnly();
  const char* argv[] = {"orders", "--profile=production", "--failpoints=on"};
  const auto loaded = schema.Load(3, argv);
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().message.find("failpoints"), std::string::npos);
  EXPECT_TRUE(schema.Load(2, argv).ok() || !points.empty());
}

}  // namespace
}  // namespace souk::config
