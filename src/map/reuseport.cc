// Reuseport_sockarray: sockets with SO_REUSEPORT by index (socket_table.h). A socket stands in one place of one such
// map; of other maps than this one we do not know.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "map/hash_table.h"
#include "map/socket_table.h"
#include "map/types.h"

namespace skep::map {
namespace {

// 0: a bound UDP or a listening TCP socket that shares its port.
int check_socket(int fd) {
  const SocketKind kind = socket_kind(fd);
  const bool tcp = kind.protocol == IPPROTO_TCP && kind.type == SOCK_STREAM;
  const bool udp = kind.protocol == IPPROTO_UDP && kind.type == SOCK_DGRAM;
  if (!is_inet(kind) || (!tcp && !udp)) return -kErrnoNotSupp;
  int shares = 0;
  socklen_t size = sizeof(shares);
  if (getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &shares, &size) != 0 || !shares) return -EINVAL;
  return (tcp ? tcp_state(fd) == TCP_LISTEN : has_port(fd)) ? 0 : -EINVAL;
}

int update(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  if (flags > BPF_EXIST) return -EINVAL;
  if (index_in(key.data()) >= map.meta().max_entries) return -E2BIG;
  int fd;
  Owner socket, old;
  if (!descriptor_in(value, fd)) return value.size() == sizeof(u64) ? -EINVAL : -EBADF;
  if (const int err = owner_of(OwnerKind::Socket, fd, socket)) return err;
  const bool exists = find_socket(map, key, old) == 0;
  if (exists && flags == BPF_NOEXIST) return -EEXIST;
  if (!exists && flags == BPF_EXIST) return -ENOENT;
  if (const int err = check_socket(fd)) return err;
  return holds_socket(map, socket) ? -EBUSY : socket_store(map, key, socket, flags);
}

int erase(Map& map, ConstBytes key) {
  if (index_in(key.data()) >= map.meta().max_entries) return -E2BIG;
  Owner socket;
  const int err = find_socket(map, key, socket);
  return err != 0 ? err : socket_erase(map, key);
}

}  // namespace

const MapOps kReuseportOps = {.layout = socket_table_layout,
                              .init = HashTable::init,
                              .repair = HashTable::repair,
                              .lookup = socket_lookup,
                              .update = update,
                              .erase = erase,
                              .next_key = next_index};

}  // namespace skep::map
