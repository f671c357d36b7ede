// See packet.h.
#include "engine/packet.h"

namespace skep::engine {

bool load_packet(u64 ctx, s64 offset, u32 size, u64* value) {
  const CtxHead& head = CtxHead::of(ctx);
  const s64 length = head.data_end - head.data;
  if (offset < 0 || offset + s64(size) > length) return false;
  u64 bytes = 0;
  for (u32 i = 0; i < size; ++i) bytes = bytes << 8 | head.data[offset + i];
  *value = bytes;
  return true;
}

}  // namespace skep::engine
