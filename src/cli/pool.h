// Worker threads for a job that grows while it runs: tasks may add tasks, and those added last run first, so that few
// files are open at a time.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "object/loader.h"

namespace skep::cli {

class Pool {
 public:
  // A task gets the log buffer of the thread it runs on.
  using Task = std::function<void(object::LogBuffer&)>;

  void add(Task task);
  // Runs everything on `threads` threads (at least 1) and returns when nothing is left.
  void run(unsigned threads);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  size_t running_ = 0;
};

}  // namespace skep::cli
