#include "libs/failpoint/failpoint.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

extern char** environ;  // NOLINT: POSIX

namespace souk::failpoint {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDurationMax{60'000};

Error Bad(const std::string& what) { return MakeError(ErrorCode::kInvalidArgument, "failpoints: " + what); }

std::optional<std::int64_t> ReadCount(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > 1'000'000'000) return std::nullopt;
  return value;
}

std::optional<milliseconds> ReadDuration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = ReadCount(text.substr(0, digits));
  const std::string_view unit = text.substr(digits);
  if (!count || *count > kDurationMax.count() || (unit != "ms" && unit != "s")) return std::nullopt;
  const milliseconds duration(unit == "s" ? *count * 1000 : *count);
  if (duration > kDurationMax) return std::nullopt;
  return duration;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(separator, from), text.size());
    if (to > from) parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

/// "kill", "error:3x20", "pause:2s:3".
Result<Order> ReadOrder(const std::string& text) {
  const std::vector<std::string> parts = Split(text, ':');
  Order order;
  if (parts.empty()) return Bad("'" + text + "' is no action; there are kill, error, pause:DURATION, delay:DURATION");
  for (const Action action : {Action::kKill, Action::kPause, Action::kDelay, Action::kError}) {
    if (parts[0] == ToString(action)) order.action = action;
  }
  if (order.action == Action::kNone) return Bad("'" + parts[0] + "' is no action; there are kill, error, pause:DURATION, delay:DURATION");
  std::size_t next = 1;
  if (order.action == Action::kPause || order.action == Action::kDelay) {
    const auto duration = parts.size() > 1 ? ReadDuration(parts[1]) : std::nullopt;
    if (!duration) return Bad("'" + text + "' needs a duration of at most 60s, such as " + parts[0] + ":300ms");
    order.duration = *duration;
    next = 2;
  }
  if (parts.size() > next + 1) return Bad("'" + text + "' has too many parts");
  if (parts.size() == next) return order;
  const std::string& when = parts[next];
  const std::size_t cross = when.find('x');
  const auto first = ReadCount(std::string_view(when).substr(0, cross));
  const auto times = cross == std::string::npos ? std::optional<std::int64_t>(1) : ReadCount(std::string_view(when).substr(cross + 1));
  if (!first || !times) return Bad("'" + when + "' does not say when: N for the N-th passage, NxM for M passages from the N-th on");
  order.first = *first;
  order.times = *times;
  return order;
}

void Say(const std::string& line) {
  const std::string text = line + "\n";
  (void)!write(STDERR_FILENO, text.data(), text.size());  // unbuffered: the next thing may be the end
}

/// Stops the whole process; somebody outside of it must wake it, so a shell is left behind that does.
void PauseProcess(milliseconds duration) {
  const std::string seconds = std::to_string(static_cast<double>(duration.count()) / 1000);
  const std::string script = "(sleep " + seconds + "; kill -CONT " + std::to_string(getpid()) + ") &";
  std::string shell = "sh", flag = "-c", body = script;
  char* argv[] = {shell.data(), flag.data(), body.data(), nullptr};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  // Sockets are closed on exec; output is not its own to hold.
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  pid_t child = 0;
  const bool spawned = posix_spawn(&child, "/bin/sh", &files, nullptr, argv, environ) == 0;
  posix_spawn_file_actions_destroy(&files);
  if (!spawned) {
    std::this_thread::sleep_for(duration);
    return;
  }
  int status = 0;
  waitpid(child, &status, 0);
  kill(getpid(), SIGSTOP);
}

}  // namespace

std::string_view ToString(Action action) {
  switch (action) {
    case Action::kNone:
      return "none";
    case Action::kKill:
      return "kill";
    case Action::kPause:
      return "pause";
    case Action::kDelay:
      return "delay";
    case Action::kError:
      return "error";
  }
  return "none";
}

class Registry {
 public:
  static Registry& Get() {
    static Registry registry;
    return registry;
  }

  void Add(Point* point) {
    const std::lock_guard lock(mutex_);
    points_.emplace(point->name(), point);
  }

  void Enable(const std::string& process, bool enabled) {
    const std::lock_guard lock(mutex_);
    process_ = process;
    Point::enabled_ = enabled;
  }
  static bool Enabled() { return Point::enabled_; }

  Result<void> Arm(const std::string& text) {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<Point*, Order>> orders;
    for (const std::string& entry : Split(text, ',')) {
      const std::size_t equals = entry.find('=');
      if (equals == std::string::npos) return Bad("'" + entry + "' is not NAME=ACTION");
      const std::string name = entry.substr(0, equals);
      if (name.rfind(process_ + ".", 0) != 0) continue;  // one setting may speak to a whole fleet
      SOUK_ASSIGN_OR_RETURN(const Order order, ReadOrder(entry.substr(equals + 1)));
      const auto [from, to] = points_.equal_range(name.substr(process_.size() + 1));
      if (from == to) return Bad("there is no point '" + name + "'; GET /failpoints on the admin port lists them");
      if (order.action == Action::kError && from->second->kind() != Kind::kMayFail)
        return Bad("'" + name + "' has nobody to give an error to");
      for (auto at = from; at != to; ++at) orders.emplace_back(at->second, order);
    }
    for (const auto& [point, order] : orders) {
      point->order_ = order;
      point->since_armed_ = point->fired_ = 0;
    }
    return {};
  }

  void DisarmAll() {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, point] : points_) point->order_ = {};
  }

  /// Counts a passage; the order when it is to be obeyed now.
  std::optional<Order> Passed(Point& point) {
    const std::lock_guard lock(mutex_);
    ++point.passages_;
    const Order& order = point.order_;
    if (order.action == Action::kNone) return std::nullopt;
    const std::int64_t nth = ++point.since_armed_;
    if (nth < order.first || nth >= order.first + order.times) return std::nullopt;
    ++point.fired_;
    return order;
  }

  std::vector<Status> List() const {
    const std::lock_guard lock(mutex_);
    std::vector<Status> list;
    for (const auto& [name, point] : points_) {
      list.push_back({process_ + "." + name, point->kind(), point->order_, point->passages_, point->fired_});
    }
    return list;
  }

  std::string process() const {
    const std::lock_guard lock(mutex_);
    return process_;
  }

 private:
  mutable std::mutex mutex_;
  std::string process_ = "process";
  std::multimap<std::string, Point*> points_;
};

Point::Point(const char* name, Kind kind) : name_(name), kind_(kind) { Registry::Get().Add(this); }

Result<void> Point::Passed() {
  Registry& registry = Registry::Get();
  const std::optional<Order> order = registry.Passed(*this);
  if (!order) return {};
  const std::string name = registry.process() + "." + name_;
  Say("failpoint " + name + ": " + std::string(ToString(order->action)));
  switch (order->action) {
    case Action::kNone:
      break;
    case Action::kKill:
      kill(getpid(), SIGKILL);
      break;
    case Action::kPause:
      PauseProcess(order->duration);
      break;
    case Action::kDelay:
      std::this_thread::sleep_for(order->duration);
      break;
    case Action::kError:
      return MakeError(ErrorCode::kUnavailable, "fail point " + name, "FAILPOINT");
  }
  return {};
}

Result<void> Configure(const std::string& process, const std::string& text) {
  Registry::Get().Enable(process, !text.empty());
  if (text.empty() || text == "on") return {};
  return Arm(text);
}

Result<void> Arm(const std::string& text) { return Registry::Get().Arm(text); }
void DisarmAll() { Registry::Get().DisarmAll(); }
bool Enabled() { return Registry::Enabled(); }
std::vector<Status> List() { return Registry::Get().List(); }

std::string ToJson() {
  std::string points;
  for (const Status& status : List()) {
    if (!points.empty()) points += ",";
    points += R"({"name":")" + status.name + R"(","mayFail":)" + (status.kind == Kind::kMayFail ? "true" : "false") + R"(,"action":")" +
              std::string(ToString(status.order.action)) + R"(","passages":)" + std::to_string(status.passages) + R"(,"fired":)" +
              std::to_string(status.fired) + "}";
  }
  return R"({"process":")" + Registry::Get().process() + R"(","pid":)" + std::to_string(getpid()) + R"(,"enabled":)" +
         (Enabled() ? "true" : "false") + R"(,"points":[)" + points + "]}";
}

}  // namespace souk::failpoint
