#include "libs/testing/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

namespace souk::testing {
namespace {

std::vector<std::string> MergedEnvironment(const std::vector<std::string>& added) {
  std::map<std::string, std::string> merged;
  const auto put = [&](const std::string& entry) { merged[entry.substr(0, entry.find('='))] = entry; };
  for (char** entry = environ; *entry != nullptr; ++entry) put(*entry);
  for (const auto& entry : added) put(entry);
  std::vector<std::string> entries;
  for (auto& [name, entry] : merged) entries.push_back(std::move(entry));
  return entries;
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// In the child, between fork and exec: system calls only.
[[noreturn]] void Become(char* const* argv, char* const* env, const char* log_file, pid_t parent, int report) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before the request to follow it was heard
  bool good = true;
  if (*log_file != '\0') {
    const int log = open(log_file, O_WRONLY | O_CREAT | O_APPEND, 0644);
    good = log >= 0 && dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0;
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (good) execvpe(argv[0], argv, env);
  const int reason = errno;
  if (write(report, &reason, sizeof reason) < 0) _exit(126);
  _exit(127);
}

}  // namespace

ChildProcess::~ChildProcess() {
  Kill(SIGKILL);
  Wait();
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), exit_code_(std::exchange(other.exit_code_, -1)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(exit_code_, other.exit_code_);
  return *this;
}

Result<void> ChildProcess::Start(const std::vector<std::string>& argv, const std::vector<std::string>& env,
                                 const std::filesystem::path& log_file) {
  if (argv.empty()) return InvalidArgument("argv", "must name a program");
  if (Alive()) return MakeError(ErrorCode::kFailedPrecondition, "the process is running already");
  const auto environment = MergedEnvironment(env);
  const auto argv_pointers = Pointers(argv);
  const auto env_pointers = Pointers(environment);
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return MakeError(ErrorCode::kInternal, std::strerror(errno));
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) Become(argv_pointers.data(), env_pointers.data(), log_file.c_str(), parent, report[1]);
  close(report[1]);
  int reason = pid_ < 0 ? errno : 0;
  if (pid_ > 0 && read(report[0], &reason, sizeof reason) == 0) reason = 0;  // closed by a successful exec
  close(report[0]);
  if (reason == 0) return {};
  if (pid_ > 0) Wait();
  pid_ = 0;
  return MakeError(ErrorCode::kInternal, "cannot start " + argv[0] + ": " + std::strerror(reason));
}

void ChildProcess::Kill(int signal) {
  if (Alive()) kill(pid_, signal);
}

int ChildProcess::Wait() {
  int status = 0;
  while (pid_ > 0) {
    const pid_t done = waitpid(pid_, &status, 0);
    if (done == pid_) Reaped(status);
    else if (errno != EINTR) pid_ = 0;
  }
  return exit_code_;
}

bool ChildProcess::Alive() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) Reaped(status);
  return pid_ > 0;
}

void ChildProcess::Reaped(int status) {
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  pid_ = 0;
}

}  // namespace souk::testing
