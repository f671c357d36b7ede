// References and locks of a path (spec: protocols.md 1, 2, 5).
#include "verifier/state/state.h"

#include <algorithm>

namespace skep::verifier {

const Reference* VerifierState::find_ref(u32 id) const {
  for (const Reference& ref : refs)
    if (ref.kind == RefKind::Ptr && ref.id == id) return &ref;
  return nullptr;
}

bool VerifierState::remove_ref(u32 id) {
  auto it =
      std::find_if(refs.begin(), refs.end(), [&](const Reference& r) { return r.kind == RefKind::Ptr && r.id == id; });
  if (it == refs.end()) return false;
  refs.erase(it);
  return true;
}

const Reference* VerifierState::find_lock(u32 kinds, u32 id, const void* object) const {
  for (const Reference& ref : refs)
    if ((u32(ref.kind) & kinds) && ref.id == id && ref.object == object) return &ref;
  return nullptr;
}

}  // namespace skep::verifier
