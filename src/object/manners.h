// How veristat treats an object whose programs are only looked at: so do `skep check` and `skep run`.
#pragma once

struct bpf_object;

namespace skep::object {

// No map is pinned, and one whose size the application would choose (max_entries 0) has room for one element.
void prepare_maps(bpf_object* object);

}  // namespace skep::object
