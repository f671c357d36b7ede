// Cow<T>: a shared value that is copied when it is written. States of the walk are copied at every branch and
// checkpoint, but little of them changes between copies; frames, stacks and spilled registers are therefore shared
// until touched. Not thread-safe: one verification is one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "base/types.h"

namespace skep::verifier {

// Memory for values of one size, which come and go by the hundred thousand: what is given back is handed out next,
// still warm. Must outlive them.
class Pool {
 public:
  explicit Pool(size_t size) : size_(size) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void* take() {
    if (!free_) grow();
    Free* taken = free_;
    free_ = taken->next;
    return taken;
  }
  void give_back(void* memory) { free_ = new (memory) Free{free_}; }

 private:
  struct Free {
    Free* next;
  };
  static constexpr size_t kFirstCount = 4, kMaxCount = 64;

  void grow() {
    count_ = count_ ? std::min(count_ * 2, kMaxCount) : kFirstCount;
    blocks_.push_back(
        std::make_unique_for_overwrite<std::max_align_t[]>(count_ * size_ / sizeof(std::max_align_t) + 1));
    char* at = reinterpret_cast<char*>(blocks_.back().get());
    for (size_t i = count_; i-- > 0;) give_back(at + i * size_);
  }

  size_t size_, count_ = 0;
  Free* free_ = nullptr;
  std::vector<std::unique_ptr<std::max_align_t[]>> blocks_;
};

template <typename T>
class Cow {
 public:
  Cow() = default;
  Cow(const Cow& other) : node_(other.node_) {
    if (node_) node_->refs++;
  }
  Cow(Cow&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Cow& operator=(Cow other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Cow() { reset(); }

  explicit operator bool() const { return node_; }
  bool same(const Cow& other) const { return node_ == other.node_; }
  bool shared() const { return node_ && node_->refs > 1; }
  const T& get() const { return node_->value; }
  const T* operator->() const { return &node_->value; }
  // The value for writing: created if there is none, copied if others see it. Memory comes from `pool`, or, of a copy,
  // from where the original's did.
  T& mut(Pool* pool = nullptr) {
    if (!node_ || node_->refs > 1) own(pool);
    return node_->value;
  }
  void reset() {
    if (node_ && --node_->refs == 0) destroy(node_);
    node_ = nullptr;
  }
  static constexpr size_t node_size() {
    return (sizeof(Node) + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);
  }

 private:
  struct Node {
    Pool* pool;
    u32 refs = 1;
    T value{};
  };
  // Rare, and apart so that mut() is inlined.
  [[gnu::noinline]] void own(Pool* pool) {
    if (!node_) {
      node_ = make(pool);
      return;
    }
    Node* copy = make(node_->pool, node_->value);
    node_->refs--;
    node_ = copy;
  }
  template <typename... Value>
  static Node* make(Pool* pool, const Value&... value) {
    return pool ? new (pool->take()) Node{pool, 1, T(value...)} : new Node{nullptr, 1, T(value...)};
  }
  static void destroy(Node* node) {
    Pool* pool = node->pool;
    if (!pool) {
      delete node;
      return;
    }
    node->~Node();
    pool->give_back(node);
  }

  Node* node_ = nullptr;
};

}  // namespace skep::verifier
