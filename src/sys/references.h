// The references of one object to others: links in refs/OWNER/. A reference keeps its target alive until it is removed
// or the owner is collected.
//
// Whoever changes them holds the folder's lock (an exclusive flock, which a killed process loses). References of a new
// object are made, and its lock held, until its anchor is there: a folder without an owner that nobody has locked was
// left behind and is collected.
#pragma once

#include "sys/namespace.h"

namespace skep::sys {

class References {
 public:
  // Waits for the lock; makes the folder if there is none. ENOMEM, EMFILE ...
  static Result<References> lock(Namespace& ns, ObjectName owner);

  // EAGAIN: somebody else has it.
  static Result<References> try_lock(Namespace& ns, ObjectName owner);

  // ENOENT: there is no such object; ENOMEM: no room for the link.
  Status add(ObjectName target);
  void remove(ObjectName target);

  // A change of elements is under way: from now on references may be there that no element stands for. A process that
  // finds the mark when it takes the lock knows that its predecessor died in between.
  Status mark_dirty();
  void clear_dirty();
  bool was_dirty() const { return was_dirty_; }

 private:
  References(Namespace& ns, ObjectName owner, ScopedFd folder);

  std::string root_, path_;
  ScopedFd folder_;
  bool was_dirty_ = false;
};

// What `owner` refers to, ascending.
std::vector<ObjectName> references_of(const Namespace& ns, ObjectName owner);

}  // namespace skep::sys
