// What the maps of sockets share: a hash table (hash_table.h) from keys, or indices, to sockets. A socket is stored as
// its owner.h name, whose first word is the cookie that lookups give. Linux takes a socket out when it is closed; here
// it goes when somebody looks at it, or its place is wanted.
#pragma once

#include "map/owner.h"
#include "map/word_array.h"

namespace skep::map {

Geometry socket_table_layout(const MapMeta& meta, u32 cpus);

// The descriptor in a value of 4 or 8 bytes. False: no descriptor has such a number.
bool descriptor_in(ConstBytes value, int& fd);

// The cookie at `key`. -ENOSPC: values have 4 bytes, so there is no room for it; -ENOENT.
int socket_lookup(Map& map, ConstBytes key, Bytes value, u64 flags);
// -EEXIST, -ENOENT as BPF_NOEXIST and BPF_EXIST say; -E2BIG: full.
int socket_store(Map& map, ConstBytes key, const Owner& socket, u64 flags);
// -ENOENT: there is none.
int socket_erase(Map& map, ConstBytes key);

// The socket at `key`, if it is still open; one that is not is taken out. -ENOENT.
int find_socket(Map& map, ConstBytes key, Owner& out);
// Some key of the map has this socket.
bool holds_socket(Map& map, const Owner& socket);

// Options of a socket, as getsockopt(2) gives them; -1 if it does not.
struct SocketKind {
  int domain = -1, type = -1, protocol = -1;
};
SocketKind socket_kind(int fd);
bool is_inet(const SocketKind& kind);
// The socket has a local port, or a name: sk_hashed() for UDP.
bool has_port(int fd);
// TCP's state (TCP_ESTABLISHED ...), or -1.
int tcp_state(int fd);

}  // namespace skep::map
