#pragma once

#include <string>

namespace souk::topics {

struct Options {
  std::string file = "deploy/kafka/topics.yaml";
  std::string brokers;
  int replication = 1;
  int min_isr = 0;
  int wait_seconds = 30;
};

// Each prints what it did and answers the exit code: 0 as declared, 1 something differs or failed, 2 bad declaration.
int Create(const Options& options);
int Check(const Options& options);
int List(const Options& options);

}  // namespace souk::topics
