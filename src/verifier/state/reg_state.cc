// RegState's markings: turning a register into an unknown, a known value, a fresh pointer.
#include "verifier/state/reg_state.h"

namespace skep::verifier {

namespace {

void clear_identity(RegState& reg) {
  reg.off = 0;
  reg.data = {};
  reg.id = 0;
  reg.ref_obj_id = 0;
}

}  // namespace

void RegState::mark_not_init() {
  mark_unknown(false);
  type = NOT_INIT;
}

void RegState::mark_unknown(bool is_precise) {
  clear_identity(*this);
  type = SCALAR_VALUE;
  frameno = 0;
  var = domain::Scalar::unknown();
  precise = is_precise;
}

void RegState::mark_known(u64 value) {
  clear_identity(*this);
  var = domain::Scalar::known(value);
}

void RegState::mark_known_scalar(u64 value) {
  mark_known(value);
  type = SCALAR_VALUE;
  frameno = 0;
  precise = false;
}

void RegState::mark_known_zero(RegType pointer_type) {
  mark_known(0);
  type = pointer_type;
  frameno = 0;
  precise = false;
}

const RegState& not_init_reg() {
  static const RegState kNotInit = [] {
    RegState reg;
    reg.mark_not_init();
    return reg;
  }();
  return kNotInit;
}

}  // namespace skep::verifier
