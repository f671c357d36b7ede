// Who is dead, and what goes with them (namespace.h).
#pragma once

#include "map/map.h"
#include "sys/references.h"

namespace skep::sys {

inline constexpr char kUnfinished[] = ".new-";  // names of files on their way, where there are no nameless files

// The names of objects in a folder.
std::vector<ObjectName> list_objects(const std::string& folder);

// `fd` is open on the anchor of `name`. If nobody else holds the object and nothing refers to it: removes it and
// whatever only it held. May leave the descriptor with an exclusive lock.
bool collect_if_dead(Namespace& ns, int fd, ObjectName name);
void collect_all(Namespace& ns);

// Removes the references of `owner`, a map of objects, that no element stands for.
void reconcile(const Namespace& ns, ObjectName owner, References& references, map::Map& map);

// Removes the name that new_file() gave a file where it could not do without one.
void drop_unfinished_name(Namespace& ns, int file);

}  // namespace skep::sys
