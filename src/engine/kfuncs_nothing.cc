// Kfuncs on what there is none of here: lists of the kernel's buffers and caches are empty, statistics of cgroups have
// nothing to be brought together, conversations between two probes of a function do not happen.
#include "engine/bodies.h"

namespace skep::engine {
namespace {

// bpf_modify_return_test_tp(): the number it was given, once nobody is told of it.
u64 same(u64 number, u64, u64, u64, u64, Run&) { return number; }

u64 nothing(u64, u64, u64, u64, u64, Run&) { return 0; }

// An iterator of one word: nothing comes.
u64 empty_new(u64 it, u64, u64, u64, u64, Run&) {
  *reinterpret_cast<u64*>(it) = 0;
  return 0;
}

constexpr KfuncBody kBodies[] = {
    {"bpf_iter_dmabuf_new", empty_new},    {"bpf_iter_dmabuf_next", nothing},
    {"bpf_iter_dmabuf_destroy", nothing},  {"bpf_iter_kmem_cache_new", empty_new},
    {"bpf_iter_kmem_cache_next", nothing}, {"bpf_iter_kmem_cache_destroy", nothing},
    {"css_rstat_flush", nothing},          {"css_rstat_updated", nothing},
    {"bpf_session_is_return", nothing},    {"bpf_modify_return_test_tp", same},
};

}  // namespace

std::span<const KfuncBody> nothing_kfuncs() { return kBodies; }

}  // namespace skep::engine
