// The table of argument kinds and register types.
#include "verifier/call/compat.h"

namespace skep::verifier {

namespace {

constexpr RegType kMemTypes[] = {
    PTR_TO_STACK,
    PTR_TO_PACKET,
    PTR_TO_PACKET_META,
    PTR_TO_MAP_KEY,
    PTR_TO_MAP_VALUE,
    PTR_TO_MEM,
    PTR_TO_MEM | MEM_RINGBUF,
    PTR_TO_BUF,
    PTR_TO_BTF_ID | PTR_TRUSTED,
};
constexpr RegType kScalar[] = {SCALAR_VALUE};
constexpr RegType kMapPtr[] = {CONST_PTR_TO_MAP};
constexpr RegType kCtx[] = {PTR_TO_CTX};
constexpr RegType kSockCommon[] = {PTR_TO_SOCK_COMMON, PTR_TO_SOCKET, PTR_TO_TCP_SOCK, PTR_TO_XDP_SOCK};
constexpr RegType kBtfIdSockCommon[] = {PTR_TO_SOCK_COMMON, PTR_TO_SOCKET, PTR_TO_TCP_SOCK,
                                        PTR_TO_XDP_SOCK,    PTR_TO_BTF_ID, PTR_TO_BTF_ID | PTR_TRUSTED};
constexpr RegType kSocket[] = {PTR_TO_SOCKET};
constexpr RegType kBtfId[] = {PTR_TO_BTF_ID, PTR_TO_BTF_ID | PTR_TRUSTED, PTR_TO_BTF_ID | MEM_RCU};
constexpr RegType kSpinLock[] = {PTR_TO_MAP_VALUE, PTR_TO_BTF_ID | MEM_ALLOC};
constexpr RegType kRingbufMem[] = {PTR_TO_MEM | MEM_RINGBUF};
constexpr RegType kPercpuBtfId[] = {PTR_TO_BTF_ID | MEM_PERCPU, PTR_TO_BTF_ID | MEM_PERCPU | MEM_RCU,
                                    PTR_TO_BTF_ID | MEM_PERCPU | PTR_TRUSTED};
constexpr RegType kFunc[] = {PTR_TO_FUNC};
constexpr RegType kStack[] = {PTR_TO_STACK};
constexpr RegType kMapValue[] = {PTR_TO_MAP_VALUE};
constexpr RegType kDynptr[] = {PTR_TO_STACK, CONST_PTR_TO_DYNPTR};
constexpr RegType kArena[] = {PTR_TO_ARENA, SCALAR_VALUE};

}  // namespace

std::span<const RegType> compatible_types(target::ArgKind kind) {
  using target::ArgKind;
  switch (kind) {
    case ArgKind::None:
    case ArgKind::Anything: return {};
    case ArgKind::MapKey:
    case ArgKind::MapValue:
    case ArgKind::Mem: return kMemTypes;
    case ArgKind::ConstSize:
    case ArgKind::ConstSizeOrZero:
    case ArgKind::ConstAllocSizeOrZero: return kScalar;
    case ArgKind::ConstMapPtr: return kMapPtr;
    case ArgKind::Ctx: return kCtx;
    case ArgKind::SockCommon: return kSockCommon;
    case ArgKind::BtfIdSockCommon: return kBtfIdSockCommon;
    case ArgKind::Socket: return kSocket;
    case ArgKind::BtfId: return kBtfId;
    case ArgKind::SpinLock: return kSpinLock;
    case ArgKind::RingbufMem: return kRingbufMem;
    case ArgKind::PercpuBtfId: return kPercpuBtfId;
    case ArgKind::Func: return kFunc;
    case ArgKind::Stack: return kStack;
    case ArgKind::ConstStr:
    case ArgKind::Timer: return kMapValue;
    case ArgKind::KptrXchgDest: return kSpinLock;  // the same two types
    case ArgKind::Dynptr: return kDynptr;
    case ArgKind::Arena: return kArena;
  }
  return {};
}

}  // namespace skep::verifier
