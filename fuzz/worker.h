// The process that runs programs, which a mistake in skep may end.
#pragma once

#include <sys/types.h>

#include <string>

namespace skep::fuzz {

// What a worker exits with that its alarm found hanging.
inline constexpr int kHung = 100;

// fork(). The child has a PID namespace and a /proc of its own, where that is allowed: programs that iterate over tasks
// find the same few each time.
pid_t fork_worker();

// Of a worker that did not exit by itself, by what waitpid() says: "ended by signal 11".
std::string how_it_ended(int status);

}  // namespace skep::fuzz
