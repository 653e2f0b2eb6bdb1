#include <CLI/CLI.hpp>

#include "tools/topics/commands.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Declares the fleet's Kafka topics"};
  app.require_subcommand(1);
  souk::topics::Options options;
  const auto with_options = [&](CLI::App* command, bool needs_brokers) {
    command->add_option("--file", options.file, "the declaration")->capture_default_str();
    auto* brokers = command->add_option("--brokers", options.brokers, "host:port,...");
    if (needs_brokers) brokers->required();
    command->add_option("--replication", options.replication, "copies of each partition")->capture_default_str();
    command->add_option("--min-isr", options.min_isr, "copies that must acknowledge; 0 = the broker's default");
    command->add_option("--wait", options.wait_seconds, "seconds to wait for a broker")->capture_default_str();
    return command;
  };
  auto* create = with_options(app.add_subcommand("create", "create what is missing"), true);
  auto* check = with_options(app.add_subcommand("check", "compare the cluster with the declaration"), true);
  with_options(app.add_subcommand("list", "print the declaration"), false);
  CLI11_PARSE(app, argc, argv);
  if (create->parsed()) return souk::topics::Create(options);
  if (check->parsed()) return souk::topics::Check(options);
  return souk::topics::List(options);
}
