#include <CLI/CLI.hpp>

#include "tools/mock-kafka/mock_kafka.hpp"

int main(int argc, char** argv) {
  CLI::App app{"A Kafka stand-in in memory, with the topics of the fleet. Lives until SIGTERM or SIGINT."};
  souk::mock_kafka::Options options;
  app.add_option("--file", options.topics_file, "the declaration of topics")->capture_default_str();
  app.add_option("--brokers", options.brokers, "number of brokers")->capture_default_str()->check(CLI::Range(1, 9));
  app.add_option("--bootstrap-file", options.bootstrap_file, "also write the bootstrap servers to this file");
  CLI11_PARSE(app, argc, argv);
  return souk::mock_kafka::Run(options);
}
