// Kfuncs on keys: the keyrings that this process reaches (keyctl(2)), and the system's, of which there is but the name.
// Nothing can be verified with them, so a key is what Linux shows of it: struct bpf_key.
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "engine/bodies.h"
#include "engine/kobj/hand_out.h"

namespace skep::engine {
namespace {

constexpr u64 kCreate = 1, kFlags = 3;  // KEY_LOOKUP_CREATE, and KEY_LOOKUP_PARTIAL
constexpr u64 kLastSystemKey = 2;       // VERIFY_USE_PLATFORM_KEYRING

struct BpfKey {
  u64 key;  // Linux's struct key; here the serial number, or the system key's
  bool has_ref;
};

u64 key_object(Run& run, u64 key, bool has_ref) {
  HeapObject* const object = run.machine.heap().allocate(HeapKind::Key, sizeof(BpfKey), 1, run.references.reserve());
  if (!object) return 0;
  const BpfKey value = {key, has_ref};
  std::memcpy(object->bytes(), &value, sizeof(value));
  return hand_out(run, object);
}

u64 lookup_user_key(u64 serial, u64 flags, u64, u64, u64, Run& run) {
  if (flags & ~kFlags) return 0;
  const long found = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, s32(serial), int(flags & kCreate));
  return found > 0 ? key_object(run, u64(found), true) : 0;
}

u64 lookup_system_key(u64 id, u64, u64, u64, u64, Run& run) {
  return id <= kLastSystemKey ? key_object(run, id, false) : 0;
}

u64 key_put(u64 key, u64, u64, u64, u64, Run& run) { return give_back(run, key); }

constexpr KfuncBody kBodies[] = {
    {"bpf_lookup_user_key", lookup_user_key},
    {"bpf_lookup_system_key", lookup_system_key},
    {"bpf_key_put", key_put},
};

}  // namespace

std::span<const KfuncBody> key_kfuncs() { return kBodies; }

}  // namespace skep::engine
