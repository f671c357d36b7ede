// See profile.h.
#include "target/profile.h"

#include <algorithm>

namespace skep::target {
namespace {

constexpr Features kLinux612{
    .variable_symbols = true,
    .one_resource_rule = false,
    .stack_access_by_direction = false,
    .sleep_of_global_functions = false,
    .const_key_elision = false,
    .untrusted_memory = false,
    .rbtree_takes_owned = false,
    .exception_cb_text_unended = false,
    .copy_from_user_for_all = false,
    .probe_write_user = true,
    .tail_calls_return = false,
    .static_liveness = false,
    .unary_tracks_value = false,
    .signed_link_constants = false,
    .linked_copies_synced = false,
    .callbacks_may_keep_references = false,
    .live_links_only = false,
    .arena_sources = false,
    .load_acquire = false,
    .private_stack = false,
    .jump_limit_error = E2BIG,
};

constexpr Profile kProfiles[] = {
    {"6.18", "linux-6.18", "6.18.44", {}},
    {"6.12", "linux-6.12", "6.12.117", kLinux612},
};

}  // namespace

std::span<const Profile> profiles() { return kProfiles; }

const Profile* find_profile(std::string_view version) {
  const auto row = std::ranges::find(kProfiles, version, &Profile::version);
  return row != std::end(kProfiles) ? row : nullptr;
}

}  // namespace skep::target
