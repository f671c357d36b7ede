// Storing sockets, and asking the running kernel what they are.
#include "map/socket_table.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "map/hash.h"

namespace skep::map {
namespace {

OwnerPlace place_in(const Map& map) { return {OwnerKind::Socket, map.geometry().value_offset, map.meta().key_size}; }

int option(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

// The socket that is stored at `key`, open or not.
int stored_socket(Map& map, ConstBytes key, Owner& out) {
  HashTable table(map, key);
  return read_stripe(map, table.stripe_number(), [&]() -> int {
    const s64 link = table.find(key);
    if (link <= 0) return link < 0 ? int(link) : -ENOENT;
    copy_from_shared(&out, table.value_of(u32(link)), sizeof(out));
    return 0;
  });
}

int erase_if(Map& map, ConstBytes key, const Owner& socket) {
  HashTable table(map, key);
  Writer lock(map, table.stripe_number());
  if (!lock.ok()) return -EBUSY;
  const s64 link = table.find(key);
  if (link > 0 && equals_shared(table.value_of(u32(link)), &socket, sizeof(socket))) table.erase(u32(link));
  lock.release();
  return 0;
}

int store(Map& map, ConstBytes key, const Owner& socket, u64 flags) {
  const auto write = [&](u8* shared) { copy_to_shared(shared, &socket, sizeof(socket)); };
  HashTable table(map, key);
  Writer lock(map, table.stripe_number());
  if (!lock.ok()) return -EBUSY;
  const s64 link = table.find(key);
  int result = link < 0 ? int(link) : check_exists(link != 0, flags);
  if (result == 0) result = link == 0 ? table.insert(key, write) : table.replace(u32(link), write);
  lock.release();
  return result;
}

}  // namespace

Geometry socket_table_layout(const MapMeta& meta, u32) {
  return HashTable::layout(meta, sizeof(Owner), meta.max_entries, false);
}

bool descriptor_in(ConstBytes value, int& fd) {
  u64 wide = 0;
  std::memcpy(&wide, value.data(), value.size());
  fd = int(wide);
  return wide <= 0x7fffffff;
}

int find_socket(Map& map, ConstBytes key, Owner& out) {
  if (const int err = stored_socket(map, key, out)) return err;
  if (!is_gone(OwnerKind::Socket, out)) return 0;
  const int err = erase_if(map, key, out);
  return err != 0 ? err : -ENOENT;
}

int socket_lookup(Map& map, ConstBytes key, Bytes value, u64) {
  Owner socket;
  if (value.size() != sizeof(u64)) return -ENOSPC;
  if (const int err = find_socket(map, key, socket)) return err;
  std::memcpy(value.data(), &socket.words[0], sizeof(u64));
  return 0;
}

int socket_store(Map& map, ConstBytes key, const Owner& socket, u64 flags) {
  Owner old;
  find_socket(map, key, old);  // a closed one does not count
  const int result = store(map, key, socket, flags);
  return result == -E2BIG && collect_gone(map, place_in(map)) ? store(map, key, socket, flags) : result;
}

int socket_erase(Map& map, ConstBytes key) { return hash_erase(map, key); }

bool holds_socket(Map& map, const Owner& socket) {
  const Pool& pool = map.pool();
  for (u32 i = 0; i < pool.n_elems; ++i) {
    if (load_acquire(pool.home(i)) == 0) continue;
    u8 key[sizeof(u64)] = {};
    copy_from_shared(key, pool.at(i) + HashTable::kKeyOffset, map.meta().key_size);
    Owner stored;
    if (stored_socket(map, {key, map.meta().key_size}, stored) == 0 && stored == socket) return true;
  }
  return false;
}

SocketKind socket_kind(int fd) { return {option(fd, SO_DOMAIN), option(fd, SO_TYPE), option(fd, SO_PROTOCOL)}; }

bool is_inet(const SocketKind& kind) { return kind.domain == AF_INET || kind.domain == AF_INET6; }

bool has_port(int fd) {
  sockaddr_storage name = {};
  socklen_t size = sizeof(name);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return false;
  return reinterpret_cast<const sockaddr_in*>(&name)->sin_port != 0;  // where sockaddr_in6 has it too
}

int tcp_state(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_state : -1;
}

}  // namespace skep::map
