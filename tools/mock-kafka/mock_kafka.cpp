#include "tools/mock-kafka/mock_kafka.hpp"

#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "libs/kafka/mock_cluster.hpp"
#include "tools/topics/topics_file.hpp"

namespace souk::mock_kafka {
namespace {

int Fail(const std::string& message) {
  std::fprintf(stderr, "souk-mock-kafka: %s\n", message.c_str());
  return 1;
}

/// Readers never see half a file.
bool WriteWhole(const std::string& path, const std::string& text) {
  const std::string part = path + ".part";
  std::ofstream file(part);
  file << text << '\n';
  file.close();
  std::error_code code;
  if (file) std::filesystem::rename(part, path, code);
  return file && !code;
}

}  // namespace

int Run(const Options& options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before librdkafka starts threads, so that they block it too

  const auto topics = topics::LoadTopics(options.topics_file);
  if (!topics.ok()) return Fail(topics.error().message);
  const auto specs = topics->Specs(1, 0);
  if (!specs.ok()) return Fail(specs.error().message);
  const auto cluster = kafka::MockCluster::Start(options.brokers);
  if (!cluster.ok()) return Fail(cluster.error().message);
  for (const kafka::TopicSpec& spec : *specs) {
    const auto created = (*cluster)->CreateTopic(spec.name, spec.partitions, 1);
    if (!created.ok()) return Fail(created.error().message);
  }
  const std::string bootstrap = (*cluster)->Bootstrap();
  std::printf("%s\n", bootstrap.c_str());
  std::fflush(stdout);
  if (!options.bootstrap_file.empty() && !WriteWhole(options.bootstrap_file, bootstrap)) {
    return Fail("can't write " + options.bootstrap_file);
  }
  int received = 0;
  sigwait(&signals, &received);
  return 0;
}

}  // namespace souk::mock_kafka
