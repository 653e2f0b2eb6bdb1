#pragma once

#include <string>

namespace souk::mock_kafka {

struct Options {
  std::string topics_file = "deploy/kafka/topics.yaml";
  int brokers = 1;
  std::string bootstrap_file;
};

/// Prints the bootstrap servers as the first line of standard output, then waits for a signal. Answers the exit code.
int Run(const Options& options);

}  // namespace souk::mock_kafka
