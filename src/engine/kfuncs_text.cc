// Kfuncs on strings at addresses that nobody has checked. Results count from 0; what is not there is -ENOENT.
//   -ERANGE  an address that is no place for a kernel's string
//   -EFAULT  part of a string cannot be read
//   -E2BIG   a string has no end within 65536 bytes
#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/bodies.h"
#include "engine/memory.h"
#include "engine/task_memory.h"
#include "map/shm/guard.h"

namespace skep::engine {
namespace {

constexpr u64 kMax = 65536;   // Linux: XATTR_SIZE_MAX
constexpr u64 kPadZeros = 1;  // BPF_F_PAD_ZEROS

const char* text_at(u64 address) { return reinterpret_cast<const char*>(address); }

// What Linux says of a string that does not begin.
long fault_at(u64 address) {
  char first;
  if (probe_read(&first, address, 1)) return 0;
  return fault_errno(Whose::Kernel, address);
}

template <typename F>
u64 on_strings(u64 a, u64 b, F body) {
  if (const long err = fault_at(a)) return u64(err);
  if (const long err = fault_at(b)) return u64(err);
  return u64(map::guarded(-EFAULT, std::move(body)));
}
template <typename F>
u64 on_string(u64 text, F body) {
  return on_strings(text, text, std::move(body));
}

template <typename Fold>
long compare(const char* a, const char* b, Fold&& fold) {
  for (u64 i = 0; i < kMax; ++i) {
    const int x = fold(u8(a[i])), y = fold(u8(b[i]));
    if (x != y) return x < y ? -1 : 1;
    if (x == 0) return 0;
  }
  return -E2BIG;
}

u64 strcmp(u64 a, u64 b, u64, u64, u64, Run&) {
  return on_strings(a, b, [=] { return compare(text_at(a), text_at(b), [](u8 c) { return int(c); }); });
}

u64 strcasecmp(u64 a, u64 b, u64, u64, u64, Run&) {
  return on_strings(a, b, [=] { return compare(text_at(a), text_at(b), [](u8 c) { return std::tolower(c); }); });
}

u64 find_char(u64 text, u64 count, char wanted) {
  return on_string(text, [=]() -> long {
    for (u64 i = 0; i < count && i < kMax; ++i) {
      if (text_at(text)[i] == wanted) return long(i);
      if (text_at(text)[i] == 0) return -ENOENT;
    }
    return count <= kMax ? -ENOENT : -E2BIG;
  });
}

u64 strchr(u64 text, u64 wanted, u64, u64, u64, Run&) { return find_char(text, ~u64(0), char(wanted)); }
u64 strnchr(u64 text, u64 count, u64 wanted, u64, u64, Run&) { return find_char(text, count, char(wanted)); }

u64 strchrnul(u64 text, u64 wanted, u64, u64, u64, Run&) {
  return on_string(text, [=]() -> long {
    for (u64 i = 0; i < kMax; ++i)
      if (text_at(text)[i] == char(wanted) || text_at(text)[i] == 0) return long(i);
    return -E2BIG;
  });
}

u64 strrchr(u64 text, u64 wanted, u64, u64, u64, Run&) {
  return on_string(text, [=]() -> long {
    long last = -ENOENT;
    for (u64 i = 0; i < kMax; ++i) {
      if (text_at(text)[i] == char(wanted)) last = long(i);
      if (text_at(text)[i] == 0) return last;
    }
    return -E2BIG;
  });
}

u64 length_of(u64 text, u64 count) {
  return on_string(text, [=]() -> long {
    for (u64 i = 0; i < count && i < kMax; ++i)
      if (text_at(text)[i] == 0) return long(i);
    return count < kMax ? long(count) : -E2BIG;
  });
}

u64 strlen(u64 text, u64, u64, u64, u64, Run&) { return length_of(text, ~u64(0)); }
u64 strnlen(u64 text, u64 count, u64, u64, u64, Run&) { return length_of(text, count); }

// How many characters at the start of `text` stand in `set`, or (`in` false) do not.
u64 span_of(u64 text, u64 set, bool in) {
  return on_strings(text, set, [=]() -> long {
    for (u64 i = 0; i < kMax; ++i) {
      const char c = text_at(text)[i];
      if (c == 0) return long(i);
      u64 k = 0;
      while (k < kMax && text_at(set)[k] != 0 && text_at(set)[k] != c) ++k;
      if (k == kMax) return -E2BIG;
      if ((text_at(set)[k] == c) != in) return long(i);
    }
    return -E2BIG;
  });
}

u64 strspn(u64 text, u64 accept, u64, u64, u64, Run&) { return span_of(text, accept, true); }
u64 strcspn(u64 text, u64 reject, u64, u64, u64, Run&) { return span_of(text, reject, false); }

// The first place in the first `count` characters of `text` where `wanted` stands.
u64 find_string(u64 text, u64 wanted, u64 count) {
  return on_strings(text, wanted, [=]() -> long {
    for (u64 i = 0; i < kMax; ++i) {
      for (u64 k = 0;; ++k) {
        if (k == kMax) return -E2BIG;
        if (text_at(wanted)[k] == 0) return long(i);
        if (i + k >= count || text_at(text)[i + k] == 0) return -ENOENT;
        if (text_at(text)[i + k] != text_at(wanted)[k]) break;
      }
    }
    return -E2BIG;
  });
}

u64 strstr(u64 text, u64 wanted, u64, u64, u64, Run&) { return find_string(text, wanted, ~u64(0)); }
u64 strnstr(u64 text, u64 wanted, u64 count, u64, u64, Run&) { return find_string(text, wanted, count); }

u64 copy_user_str(u64 to, u64 size, u64 from, u64 flags) {
  if (flags & ~kPadZeros) return u64(-EINVAL);
  if (u32(size) == 0) return 0;
  char* const out = reinterpret_cast<char*>(to);
  const s64 length = read_string(out, from, u32(size));
  const u64 written = length < 0 ? 0 : u64(length);
  if (flags & kPadZeros) std::memset(out + written, 0, u32(size) - written);
  return u64(length);
}

u64 copy_from_user_str(u64 to, u64 size, u64 from, u64 flags, u64, Run&) {
  return copy_user_str(to, size, from, flags);
}

// The same out of the process that a task_struct stands for. A string that is not all there leaves an empty one.
u64 copy_from_user_task_str(u64 to, u64 size, u64 from, u64 task, u64 flags, Run& run) {
  if (flags & ~kPadZeros) return u64(-EINVAL);
  if (u32(size) == 0) return 0;
  char* const out = reinterpret_cast<char*>(to);
  const s64 length = read_task_string(run, task, out, from, u32(size));
  const u64 written = length < 0 ? 0 : u64(length);
  if (length < 0) out[0] = 0;
  if (flags & kPadZeros) std::memset(out + written, 0, u32(size) - written);
  return u64(length);
}

constexpr KfuncBody kBodies[] = {
    {"bpf_strcmp", strcmp},
    {"bpf_strcasecmp", strcasecmp},
    {"bpf_strchr", strchr},
    {"bpf_strchrnul", strchrnul},
    {"bpf_strnchr", strnchr},
    {"bpf_strrchr", strrchr},
    {"bpf_strlen", strlen},
    {"bpf_strnlen", strnlen},
    {"bpf_strspn", strspn},
    {"bpf_strcspn", strcspn},
    {"bpf_strstr", strstr},
    {"bpf_strnstr", strnstr},
    {"bpf_copy_from_user_str", copy_from_user_str},
    {"bpf_copy_from_user_task_str", copy_from_user_task_str},
};

}  // namespace

std::span<const KfuncBody> text_kfuncs() { return kBodies; }

}  // namespace skep::engine
