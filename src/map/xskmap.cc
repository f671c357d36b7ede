// Xskmap: AF_XDP sockets by index (socket_table.h). User space cannot look them up.
#include <sys/socket.h>

#include <cerrno>

#include "map/hash_table.h"
#include "map/socket_table.h"
#include "map/types.h"

namespace skep::map {
namespace {

int update(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  if (flags > BPF_EXIST) return -EINVAL;
  if (index_in(key.data()) >= map.meta().max_entries) return -E2BIG;
  int fd;
  Owner socket, old;
  if (!descriptor_in(value, fd)) return -EBADF;
  if (const int err = owner_of(OwnerKind::Socket, fd, socket)) return err;
  if (socket_kind(fd).domain != AF_XDP) return -EOPNOTSUPP;
  if (find_socket(map, key, old) == 0 && old == socket) return 0;  // also with BPF_NOEXIST
  return socket_store(map, key, socket, flags);
}

int erase(Map& map, ConstBytes key) {
  if (index_in(key.data()) >= map.meta().max_entries) return -EINVAL;
  const int err = socket_erase(map, key);
  return err == -ENOENT ? 0 : err;
}

}  // namespace

const MapOps kXskmapOps = {.layout = socket_table_layout,
                           .init = HashTable::init,
                           .repair = HashTable::repair,
                           .update = update,
                           .erase = erase,
                           .next_key = next_index,
                           .no_lookup = EOPNOTSUPP};

}  // namespace skep::map
