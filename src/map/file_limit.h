// Writing to files under RLIMIT_FSIZE.
#pragma once

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <cerrno>

namespace skep::map {

// Growing a file beyond RLIMIT_FSIZE kills by SIGXFSZ unless the signal is blocked; then it is EFBIG, and the signal,
// pending, is taken away again.
// `f` returns a positive errno or 0, as this does.
template <typename F>
int without_sigxfsz(F&& f) {
  sigset_t wanted, before, pending;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGXFSZ);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &wanted, &before);
  const int error = f();
  if (error == EFBIG && !sigismember(&pending, SIGXFSZ)) {
    const timespec now = {0, 0};
    sigtimedwait(&wanted, nullptr, &now);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return error;
}

}  // namespace skep::map
