// SYN cookies: of headers alone, and of listening sockets, which there are none of.
//
// A cookie is minute (6 bits) | hash (24) | place of the MSS in its table (2); the hash is keyed by the machine's
// secret and covers addresses, ports, the client's sequence number, minute and place. It is good for the minute in
// which it was made and the next.
#include <arpa/inet.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/sha256.h"
#include "engine/bodies.h"

namespace skep::engine {
namespace {

constexpr u64 kNsPerMinute = 60'000'000'000;
constexpr u32 kMinuteMask = 0x3f, kMinuteShift = 26, kHashMask = 0xffffff, kHashShift = 2, kPlaceMask = 3;
constexpr u32 kMaxAge = 1;  // minutes
constexpr u32 kTcpHeader = 20;
constexpr u8 kOptionEnd = 0, kOptionNop = 1, kOptionMss = 2, kMssLength = 4;

struct Ipv4 {
  static constexpr u32 kAddresses = 12, kAddressBytes = 8;  // where source and destination stand
  static constexpr u16 kMss[] = {536, 1300, 1440, 1460};    // what Linux knows
};
struct Ipv6 {
  static constexpr u32 kAddresses = 8, kAddressBytes = 32;
  static constexpr u16 kMss[] = {1220, 1420, 1440, 8940};
};

tcphdr header_at(u64 address) {
  tcphdr header;
  std::memcpy(&header, reinterpret_cast<const void*>(address), sizeof(header));
  return header;
}

// The MSS that a SYN offers; 0: none.
u16 offered_mss(const u8* options, u32 size) {
  for (u32 at = 0; at < size && options[at] != kOptionEnd;) {
    if (options[at] == kOptionNop) {
      ++at;
      continue;
    }
    if (at + 2 > size || options[at + 1] < 2 || at + options[at + 1] > size) return 0;
    if (options[at] == kOptionMss && options[at + 1] == kMssLength) return u16(options[at + 2] << 8 | options[at + 3]);
    at += options[at + 1];
  }
  return 0;
}

template <typename Ip>
u32 place_of(u16 mss) {
  u32 place = std::size(Ip::kMss) - 1;
  while (place > 0 && mss < Ip::kMss[place]) --place;
  return place;
}

template <typename Ip>
u32 cookie_of(u64 ip, const tcphdr& tcp, u32 sequence, u32 minute, u32 place, u64 secret) {
  struct {
    u64 secret;
    u8 addresses[32];
    u16 source, target;
    u32 sequence, minute, place;
  } input = {secret, {}, tcp.source, tcp.dest, sequence, minute & kMinuteMask, place};
  std::memcpy(input.addresses, reinterpret_cast<const u8*>(ip) + Ip::kAddresses, Ip::kAddressBytes);
  const Sha256 digest = sha256({reinterpret_cast<const u8*>(&input), sizeof(input)});
  u32 hash;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return input.minute << kMinuteShift | (hash & kHashMask) << kHashShift | place;
}

u32 minute_now(Run& run) { return u32(run.machine.clock_ns(CLOCK_MONOTONIC) / kNsPerMinute); }

// MSS << 32 | cookie.
template <typename Ip>
u64 raw_gen(u64 ip, u64 tcp_at, u64 size, u64, u64, Run& run) {
  if (u32(size) < kTcpHeader) return u64(-EINVAL);
  const tcphdr tcp = header_at(tcp_at);
  if (u32(size) != tcp.doff * 4u) return u64(-EINVAL);
  const u16 mss = offered_mss(reinterpret_cast<const u8*>(tcp_at) + kTcpHeader, u32(size) - kTcpHeader);
  const u32 place = place_of<Ip>(mss);
  const u32 cookie = cookie_of<Ip>(ip, tcp, ntohl(tcp.seq), minute_now(run), place, run.machine.secret());
  return u64(Ip::kMss[place]) << 32 | cookie;
}

// The ACK acknowledges the cookie, and comes after the SYN.
template <typename Ip>
u64 raw_check(u64 ip, u64 tcp_at, u64, u64, u64, Run& run) {
  const tcphdr tcp = header_at(tcp_at);
  const u32 cookie = ntohl(tcp.ack_seq) - 1, made = cookie >> kMinuteShift;
  const u32 age = (minute_now(run) - made) & kMinuteMask;
  const u32 wanted = cookie_of<Ip>(ip, tcp, ntohl(tcp.seq) - 1, made, cookie & kPlaceMask, run.machine.secret());
  return age <= kMaxAge && cookie == wanted ? 0 : u64(-EACCES);
}

// What Linux says of a socket that does not listen.
u64 no_listener(u64, u64, u64, u64, u64, Run&) { return u64(-EINVAL); }

constexpr HelperBody kBodies[] = {
    {100, no_listener},  // tcp_check_syncookie
    {110, no_listener},  // tcp_gen_syncookie
    {204, raw_gen<Ipv4>}, {205, raw_gen<Ipv6>}, {206, raw_check<Ipv4>}, {207, raw_check<Ipv6>},
};

}  // namespace

std::span<const HelperBody> syncookie_helpers() { return kBodies; }

}  // namespace skep::engine
