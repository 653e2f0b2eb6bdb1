#include <CLI/CLI.hpp>

#include "tools/dlq/commands.hpp"

int main(int argc, char** argv) {
  using namespace souk::dlq;
  CLI::App app{"Dead letters, and reading again"};
  app.require_subcommand(1);
  Options options;
  ReplayOptions replay;
  const auto command = [&](const char* name, const char* what, bool decides) {
    auto* sub = app.add_subcommand(name, what);
    sub->add_option("--brokers", options.brokers, "host:port,...")->required();
    sub->add_option("--group", options.filter.group, "consumer group");
    sub->add_option("--topic", options.filter.topic, "topic that the records came from");
    sub->add_option("--key", options.filter.key, "record key, such as an order id");
    sub->add_option("--reason", options.filter.reason, "a piece of the reason");
    sub->add_option("ids", options.filter.ids, "letters by id: GROUP/PARTITION/OFFSET");
    if (!decides) sub->add_flag("--json", options.json, "everything about each");
    if (!decides) sub->add_flag("--all", options.filter.closed_too, "redriven and dropped ones too");
    if (!decides) return sub;
    sub->add_option("--as", options.by.who, "who decides; kept");
    sub->add_option("--note", options.by.note, "why; kept");
    sub->add_option("--wait", options.wait_seconds, "seconds to wait for the groups")->capture_default_str();
    sub->add_flag("--dry-run", options.dry_run, "only say what would be done");
    return sub;
  };
  auto* list = command("list", "open dead letters", false);
  auto* show = command("show", "everything about letters, decoded", false);
  auto* redrive = command("redrive", "take letters back to their groups", true);
  auto* drop = command("drop", "give letters up", true);
  auto* reset = app.add_subcommand("replay", "set where a stopped group goes on reading");
  reset->add_option("--brokers", replay.brokers)->required();
  reset->add_option("--topic", replay.topic)->required();
  reset->add_option("--group", replay.group)->required();
  reset->add_option("--from", replay.from, "BEGINNING, END, a time in UTC, or an offset")->required();
  reset->add_flag("--dry-run", replay.dry_run);
  CLI11_PARSE(app, argc, argv);
  if (list->parsed()) return List(options);
  if (show->parsed()) return Show(options);
  if (redrive->parsed()) return Redrive(options);
  if (drop->parsed()) return Drop(options);
  return Replay(replay);
}
