// See worker.h.
#include "fuzz/worker.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace skep::fuzz {

namespace {

constexpr int kOthers = 2;  // tasks besides the worker

// Ends as another process did.
[[noreturn]] void end_like(int status) {
  if (WIFSIGNALED(status)) {
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
  }
  _exit(WEXITSTATUS(status));
}

void follow_parent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

}  // namespace

pid_t fork_worker() {
  pid_t pid = fork();
  if (pid != 0) return pid;
  follow_parent();
  signal(SIGALRM, [](int) { _exit(kHung); });  // the first process of a namespace gets no signals but those it handles
  if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) return 0;
  pid = fork();
  int status = 0;
  if (pid < 0 || (pid > 0 && waitpid(pid, &status, 0) < 0)) _exit(2);
  if (pid > 0) end_like(status);
  follow_parent();
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) _exit(2);
  if (mount("proc", "/proc", "proc", 0, nullptr) != 0) _exit(2);
  for (int other = 0; other < kOthers; other++)  // they end with the namespace
    if (fork() == 0)
      for (;;) pause();
  return 0;
}

std::string how_it_ended(int status) {
  return WIFEXITED(status) ? "hung" : "ended by signal " + std::to_string(WTERMSIG(status));
}

}  // namespace skep::fuzz
