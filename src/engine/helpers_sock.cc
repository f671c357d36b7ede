// Helpers on sockets. The only socket there is belongs to a packet under test; look-ups find none.
#include <cerrno>

#include "engine/bodies.h"
#include "engine/packet.h"

namespace skep::engine {
namespace {

constexpr u64 kRootCgroup = 1, kFirstNamespace = 1, kTestCookie = 1;

// The socket as it is: the test's is a full one.
u64 sk_fullsock(u64 socket, u64, u64, u64, u64, Run&) { return socket; }
u64 nothing(u64, u64, u64, u64, u64, Run&) { return 0; }

u64 get_socket_cookie(u64, u64, u64, u64, u64, Run&) { return kTestCookie; }
u64 get_netns_cookie(u64, u64, u64, u64, u64, Run&) { return kFirstNamespace; }
u64 sk_cgroup_id(u64, u64, u64, u64, u64, Run&) { return kRootCgroup; }
u64 sk_ancestor_cgroup_id(u64, u64 level, u64, u64, u64, Run&) { return s32(level) == 0 ? kRootCgroup : 0; }

constexpr HelperBody kBodies[] = {
    {46, get_socket_cookie}, {47, nothing},  // get_socket_uid: root's
    {84, nothing},                           // sk_lookup_tcp
    {85, nothing},                           // sk_lookup_udp
    {86, nothing},                           // sk_release
    {95, sk_fullsock},       {96, nothing},  // tcp_sock
    {98, nothing},                           // get_listener_sock
    {99, nothing},                           // skc_lookup_tcp
    {122, get_netns_cookie}, {128, sk_cgroup_id}, {129, sk_ancestor_cgroup_id}, {136, nothing},  // skc_to_tcp6_sock
    {137, nothing},                                                                              // skc_to_tcp_sock
    {138, nothing},  // skc_to_tcp_timewait_sock
    {139, nothing},  // skc_to_tcp_request_sock
    {140, nothing},  // skc_to_udp6_sock
    {178, nothing},  // skc_to_unix_sock
    {196, nothing},  // skc_to_mptcp_sock
};

}  // namespace

std::span<const HelperBody> sock_helpers() { return kBodies; }

}  // namespace skep::engine
