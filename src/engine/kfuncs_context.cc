// bpf_cast_to_kern_ctx(): the kernel's own struct behind a program's context, as an image of it at the time of the
// call: struct sk_buff and struct xdp_buff of a packet. Contexts that are the kernel's struct already stay what they
// are. The rest of an image is zero.
#include <net/if.h>

#include <cstring>

#include "engine/bodies.h"
#include "engine/btf_layout.h"
#include "engine/kobj/hand_out.h"
#include "engine/packet.h"

namespace skep::engine {
namespace {

constexpr u32 kLoopback = 1;
constexpr u32 kNoHeader = 0xffff;  // a header's place that is not known
constexpr u32 kRegistered = 1;     // REG_STATE_REGISTERED

void fill_device(const Layout& device, u8* image, u32 ifindex) {
  char name[IF_NAMESIZE] = "lo";
  device.write(image, "ifindex", ifindex);
  const auto place = device.find("name");
  const bool known = ifindex == kLoopback || if_indextoname(ifindex, name);
  if (known && place) std::memcpy(image + place->offset, name, std::min<size_t>(sizeof(name), place->size));
}

u64 socket_buffer(Packet& packet, Run& run) {
  const btf::Btf& types = *run.machine.vmlinux();
  const Layout skb(types, "sk_buff"), device(types, "net_device");
  const u32 device_at = map::round_up(skb.size(), 64);
  HeapObject* const object = run.machine.heap().allocate(HeapKind::Buffer, device_at + device.size(), 1, nullptr);
  if (!object) return 0;
  u8* const image = object->bytes();
  const SkbFields& fields = *packet.skb;
  const u64 head = reinterpret_cast<u64>(packet.room.data()), data = reinterpret_cast<u64>(packet.head->data);
  const struct {
    const char* name;
    u64 value;
  } values[] = {{"len", packet.size()},
                {"data_len", packet.frags_size()},
                {"protocol", fields.protocol},
                {"mark", fields.mark},
                {"priority", fields.priority},
                {"hash", fields.hash},
                {"queue_mapping", fields.queue_mapping},
                {"vlan_proto", fields.vlan_proto},
                {"vlan_tci", fields.vlan_tci},
                {"tstamp", fields.tstamp},
                {"mac_header", packet.mac},
                {"network_header", packet.network},
                {"transport_header", kNoHeader},
                {"head", head},
                {"data", data},
                {"tail", u64(packet.head->data_end - packet.room.data())},
                {"end", packet.room.size()},
                {"truesize", packet.room.size() + skb.size()},
                {"users.refs.counter", 1},
                {"dev", object->pointer() + device_at}};
  for (const auto& [name, value] : values) skb.write(image, name, value);
  if (const auto cb = skb.find("cb")) std::memcpy(image + cb->offset, fields.cb, sizeof(fields.cb));
  fill_device(device, image + device_at, fields.ifindex);
  return lend(run, object);
}

u64 xdp_buffer(Packet& packet, Run& run) {
  const btf::Btf& types = *run.machine.vmlinux();
  const Layout xdp(types, "xdp_buff"), queue(types, "xdp_rxq_info"), device(types, "net_device");
  const u32 queue_at = map::round_up(xdp.size(), 64), device_at = map::round_up(queue_at + queue.size(), 64);
  HeapObject* const object = run.machine.heap().allocate(HeapKind::Buffer, device_at + device.size(), 1, nullptr);
  if (!object) return 0;
  u8* const image = object->bytes();
  const u64 at = object->pointer();
  xdp.write(image, "data", reinterpret_cast<u64>(packet.head->data));
  xdp.write(image, "data_end", reinterpret_cast<u64>(packet.head->data_end));
  xdp.write(image, "data_meta", reinterpret_cast<u64>(packet.head->data_meta));
  xdp.write(image, "data_hard_start", reinterpret_cast<u64>(packet.room.data()));
  xdp.write(image, "frame_sz", packet.room.size());
  xdp.write(image, "rxq", at + queue_at);
  queue.write(image + queue_at, "dev", at + device_at);
  queue.write(image + queue_at, "queue_index", packet.xdp->rx_queue_index);
  queue.write(image + queue_at, "reg_state", kRegistered);
  fill_device(device, image + device_at, packet.xdp->ingress_ifindex);
  return lend(run, object);
}

bool sees_packets(u32 prog_type) {
  switch (prog_type) {
    case BPF_PROG_TYPE_SOCKET_FILTER:
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT:
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_LWT_IN:
    case BPF_PROG_TYPE_LWT_OUT:
    case BPF_PROG_TYPE_LWT_XMIT:
    case BPF_PROG_TYPE_LWT_SEG6LOCAL:
    case BPF_PROG_TYPE_SK_SKB:
    case BPF_PROG_TYPE_XDP: return true;
    default: return false;
  }
}

bool is_kernels_own(u32 prog_type) {
  return prog_type == BPF_PROG_TYPE_KPROBE || prog_type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
         prog_type == BPF_PROG_TYPE_TRACING || prog_type == BPF_PROG_TYPE_TRACEPOINT;
}

u64 cast_to_kern_ctx(u64 ctx, u64, u64, u64, u64, Run& run) {
  const u32 prog_type = run.code->facts->kind.prog_type;
  if (is_kernels_own(prog_type)) return ctx;
  if (!sees_packets(prog_type) || !run.machine.vmlinux()) return 0;
  Packet* const packet = packet_of(ctx);
  if (!packet || !(packet->kind == PacketKind::Xdp ? packet->xdp != nullptr : packet->skb != nullptr)) return 0;
  return packet->kind == PacketKind::Xdp ? xdp_buffer(*packet, run) : socket_buffer(*packet, run);
}

constexpr KfuncBody kKfuncs[] = {{"bpf_cast_to_kern_ctx", cast_to_kern_ctx}};

}  // namespace

std::span<const KfuncBody> context_kfuncs() { return kKfuncs; }

}  // namespace skep::engine
