#include "services/payments/config.hpp"

#include <gtest/gtest.h>

namespace souk::payments {
namespace {

Result<void> Load(std::vector<const char*> flags) {
  Config config;
  config::Schema schema("payments");
  Declare(schema, &config);
  flags.insert(flags.begin(), "payments");
  return schema.Load(static_cast<int>(flags.size()), flags.data());
}

TEST(ConfigTest, RefusesDefaultSecretsInProductionB85) {
  const char* sql = "--sql.url=postgresql://payments:long-enough@127.0.0.1/payments";
  EXPECT_TRUE(Load({sql}).ok());
  EXPECT_FALSE(Load({sql, "--profile=production"}).ok());
  EXPECT_FALSE(Load({sql, "--profile=production", "--provider.key=sk_live_5f3c", "--webhook.secret="}).ok());
  EXPECT_FALSE(Load({sql, "--profile=production", "--provider.key=sk_live_5f3c", "--webhook.secret=changeit"}).ok());
  EXPECT_TRUE(Load({sql, "--profile=production", "--provider.key=sk_live_5f3c", "--webhook.secret=whsec_92aa1"}).ok());
}

TEST(ConfigTest, RefusesWhatItDoesNotKnowB84) {
  EXPECT_FALSE(Load({"--sql.url=postgresql://h/d", "--provider.uri=http://x"}).ok());
  EXPECT_FALSE(Load({"--sql.url=postgresql://h/d", "--provider.concurrency=0"}).ok());
  EXPECT_FALSE(Load({"--sql.url=postgresql://h/d", "--provider.timeout=soon"}).ok());
}

}  // namespace
}  // namespace souk::payments
