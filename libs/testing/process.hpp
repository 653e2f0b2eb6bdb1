#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "libs/base/result.hpp"

namespace souk::testing {

/// One program run by a test. Killed when this object dies, and by the kernel when the thread that started it does, so that
/// a crashed test leaves nothing behind: start children from a thread that lives as long as they shall. Not thread-safe.
class ChildProcess {
 public:
  ChildProcess() = default;
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  /// `argv[0]` is looked up in PATH. `env` ("NAME=value") is added to this process's environment, or replaces there.
  /// Output and errors are appended to `log_file`; an empty path keeps them where ours go. kFailedPrecondition while one
  /// runs, kInternal with the system's reason when the program cannot be started.
  Result<void> Start(const std::vector<std::string>& argv, const std::vector<std::string>& env = {},
                     const std::filesystem::path& log_file = {});
  /// Sends a signal; nothing happens when the process is gone.
  void Kill(int signal = SIGKILL);
  /// Waits for its end. Exit code, or 128 + signal; -1 when none was started.
  int Wait();
  bool Alive();
  /// 0 when none runs.
  pid_t pid() const { return pid_; }

 private:
  void Reaped(int status);

  pid_t pid_ = 0;
  int exit_code_ = -1;
};

}  // namespace souk::testing
