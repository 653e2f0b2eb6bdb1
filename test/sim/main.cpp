// souk-sim: the whole shop in one process, seed after seed. See docs/simulator.md.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "test/sim/campaign.hpp"

namespace souk::sim {
namespace {

constexpr std::uint64_t kBugSeedsMax = 1'000;
constexpr std::uint64_t kJobsMax = 256;

struct Options {
  std::uint64_t first = 1;
  std::uint64_t last = 0;
  std::uint64_t jobs = 1;
  bool trace = false;
  bool bugs = false;
  std::string write;
  Bug bug = Bug::kNone;
};

bool ToNumber(std::string_view text, std::uint64_t* number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool ReadSeeds(std::string_view text, Options* options) {
  const std::size_t dots = text.find("..");
  if (dots == text.npos) return false;
  return ToNumber(text.substr(0, dots), &options->first) && ToNumber(text.substr(dots + 2), &options->last) && options->first <= options->last;
}

bool ReadBug(std::string_view text, Options* options) {
  for (const BugInfo& info : kBugs) {
    if (info.name == text) options->bug = info.bug;
  }
  return options->bug != Bug::kNone;
}

bool Read(int argc, char** argv, Options* options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--trace" || name == "--bugs") {
      (name == "--trace" ? options->trace : options->bugs) = true;
      continue;
    }
    if (++i == argc) return false;
    const std::string_view value = argv[i];
    bool good = false;
    if (name == "--seed") good = ToNumber(value, &options->first) && ToNumber(value, &options->last);
    if (name == "--seeds") good = ReadSeeds(value, options);
    if (name == "--jobs") good = ToNumber(value, &options->jobs) && options->jobs >= 1 && options->jobs <= kJobsMax;
    if (name == "--bug") good = ReadBug(value, options);
    if (name == "--write") good = !(options->write = value).empty();
    if (!good) return false;
  }
  return options->bugs || options->last > 0;
}

/// One line of numbers, from a job to its parent.
std::string Pack(const Totals& totals) {
  std::string text = fmt::format("{} {} {} {}", totals.seeds, totals.failed, totals.steps, totals.orders);
  for (const auto& [phase, count] : totals.ends) text += fmt::format(" {} {}", phase, count);
  return text;
}
Totals Unpack(const std::string& text) {
  Totals totals;
  std::istringstream stream(text);
  stream >> totals.seeds >> totals.failed >> totals.steps >> totals.orders;
  std::string phase;
  for (std::int64_t count = 0; stream >> phase >> count;) totals.ends[phase] = count;
  return totals;
}

Totals RunJob(const Options& options, std::uint64_t job) {
  return RunSeeds(options.first + job, options.last, options.jobs, options.bug, [&](const Report& report) {
    const std::string text = Explain(report, options.bug);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  });
}

/// A process per job: the simulation itself has one thread and knows of no other.
Totals RunJobs(const Options& options) {
  if (options.jobs == 1) return RunJob(options, 0);
  std::vector<int> pipes;
  for (std::uint64_t job = 0; job < options.jobs; ++job) {
    int ends[2];
    if (pipe(ends) != 0) break;
    if (fork() == 0) {
      const std::string result = Pack(RunJob(options, job));
      const bool written = write(ends[1], result.data(), result.size()) == static_cast<ssize_t>(result.size());
      _exit(written ? 0 : 1);
    }
    close(ends[1]);
    pipes.push_back(ends[0]);
  }
  Totals totals;
  for (const int pipe : pipes) {
    std::string text(4096, '\0');
    const ssize_t bytes = read(pipe, text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
    totals.Add(Unpack(text));
    close(pipe);
  }
  while (wait(nullptr) > 0) {
  }
  return totals;
}

/// Puts the table between the marks in a Markdown file.
int WriteTable(const std::string& path, const std::string& table) {
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::string begin = "<!-- bugs -->\n", end = "<!-- /bugs -->";
  const std::size_t from = text.find(begin), to = text.find(end);
  if (from == text.npos || to == text.npos) {
    std::fputs((path + " has no marks <!-- bugs --> and <!-- /bugs -->, so there is no place for the table: add them\n").c_str(), stderr);
    return 1;
  }
  std::ofstream(path) << text.substr(0, from + begin.size()) << table << text.substr(to);
  return 0;
}

int Main(int argc, char** argv) {
  Options options;
  if (!Read(argc, argv, &options)) {
    std::fputs("usage: souk-sim --seed S [--trace] | --seeds A..B [--jobs N], both with [--bug NAME] | --bugs [--write FILE.md]\n", stderr);
    return 2;
  }
  if (options.bugs) {
    const std::string table = BugTable(kBugSeedsMax);
    std::fputs(table.c_str(), stdout);
    return options.write.empty() ? 0 : WriteTable(options.write, table);
  }
  Totals totals;
  if (options.first == options.last) {
    const Report report = Simulate({.seed = options.first, .bug = options.bug, .print_trace = options.trace});
    totals.Add(report);
    if (!report.ok) std::fputs(Explain(report, options.bug).c_str(), stdout);
  } else {
    totals = RunJobs(options);
  }
  std::puts(totals.ToString().c_str());
  const bool complete = static_cast<std::uint64_t>(totals.seeds) == options.last - options.first + 1;
  return totals.failed == 0 && complete ? 0 : 1;
}

}  // namespace
}  // namespace souk::sim

int main(int argc, char** argv) { return souk::sim::Main(argc, argv); }
