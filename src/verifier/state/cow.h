// Cow<T>: a shared value that is copied when it is written. States of the walk are copied at every branch and checkpoint, but little of them changes
// between copies; frames and spilled registers are therefore shared until touched. Not thread-safe: one verification is one thread.
#pragma once

#include <utility>

#include "base/types.h"

namespace skep::verifier {

template <typename T>
class Cow {
 public:
  Cow() = default;
  Cow(const Cow& other) : node_(other.node_) { if (node_) node_->refs++; }
  Cow(Cow&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Cow& operator=(Cow other) noexcept { std::swap(node_, other.node_); return *this; }
  ~Cow() { reset(); }

  explicit operator bool() const { return node_; }
  bool same(const Cow& other) const { return node_ == other.node_; }
  bool shared() const { return node_ && node_->refs > 1; }
  const T& get() const { return node_->value; }
  const T* operator->() const { return &node_->value; }
  // The value for writing: created if there is none, copied if others see it.
  T& mut() {
    if (!node_) node_ = new Node{};
    else if (node_->refs > 1) {
      Node* copy = new Node{1, node_->value};
      node_->refs--;
      node_ = copy;
    }
    return node_->value;
  }
  void reset() {
    if (node_ && --node_->refs == 0) delete node_;
    node_ = nullptr;
  }

 private:
  struct Node { u32 refs = 1; T value{}; };
  Node* node_ = nullptr;
};

}  // namespace skep::verifier
