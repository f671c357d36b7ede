// See pool.h.
#include "cli/pool.h"

#include <algorithm>

namespace skep::cli {

void Pool::add(Task task) {
  std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  changed_.notify_one();
}

void Pool::run(unsigned threads) {
  std::vector<std::jthread> workers;
  for (unsigned i = 1; i < threads; ++i) workers.emplace_back([this] { work(); });
  work();
}

void Pool::work() {
  object::LogBuffer buffer;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !tasks_.empty() || running_ == 0; });
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.back());
    tasks_.pop_back();
    ++running_;
    lock.unlock();
    task(buffer);
    task = nullptr;
    lock.lock();
    --running_;
    if (running_ == 0 && tasks_.empty()) changed_.notify_all();
  }
}

}  // namespace skep::cli
