// Sockmap and sockhash: connected or bound sockets by index or key (socket_table.h).
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "map/hash.h"
#include "map/socket_table.h"
#include "map/types.h"

namespace skep::map {
namespace {

bool is_connected(int fd) {
  sockaddr_storage name;
  socklen_t size = sizeof(name);
  return getpeername(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0;
}

// Found out late by Linux: such a socket passes the first look, but cannot be redirected to.
bool is_unix_seqpacket(const SocketKind& kind) { return kind.domain == AF_UNIX && kind.type == SOCK_SEQPACKET; }

// The first look, taken only when a socket is put in: it then keeps its place whatever becomes of it.
bool is_usable(int fd, const SocketKind& kind) {
  if (is_inet(kind) && kind.protocol == IPPROTO_TCP) {
    const int state = tcp_state(fd);
    return state == TCP_ESTABLISHED || state == TCP_LISTEN;
  }
  if (is_inet(kind) && kind.protocol == IPPROTO_UDP) return has_port(fd);
  if (is_unix_seqpacket(kind) || (kind.domain == AF_UNIX && kind.type == SOCK_DGRAM)) return true;
  const bool stream = kind.type == SOCK_STREAM || (kind.type == SOCK_SEQPACKET && kind.domain == AF_VSOCK);
  return (kind.domain == AF_UNIX || kind.domain == AF_VSOCK) && stream && is_connected(fd);
}

bool is_sockmap(const Map& map) { return map.meta().map_type == BPF_MAP_TYPE_SOCKMAP; }

int update(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  int fd;
  Owner socket;
  if (!descriptor_in(value, fd)) return -EINVAL;
  if (const int err = owner_of(OwnerKind::Socket, fd, socket)) return err;
  const SocketKind kind = socket_kind(fd);
  if (!is_usable(fd, kind)) return -EOPNOTSUPP;
  if (flags > BPF_EXIST) return -EINVAL;
  if (is_sockmap(map) && index_in(key.data()) >= map.meta().max_entries) return -E2BIG;
  if (is_unix_seqpacket(kind)) return -EOPNOTSUPP;
  return socket_store(map, key, socket, flags);
}

int erase(Map& map, ConstBytes key) {
  const int err = socket_erase(map, key);
  return err == -ENOENT && is_sockmap(map) ? -EINVAL : err;
}

}  // namespace

const MapOps kSockmapOps = {.layout = socket_table_layout,
                            .init = HashTable::init,
                            .repair = HashTable::repair,
                            .lookup = socket_lookup,
                            .update = update,
                            .erase = erase,
                            .next_key = next_index};

const MapOps kSockhashOps = {.layout = socket_table_layout,
                             .init = HashTable::init,
                             .repair = HashTable::repair,
                             .lookup = socket_lookup,
                             .update = update,
                             .erase = erase,
                             .next_key = hash_next_key};

}  // namespace skep::map
