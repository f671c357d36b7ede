// What is known of one register (or spilled register): its type, the object it points into, its offset and range, and
// its ids (spec: instructions.md 1).
#pragma once

#include "btf/btf.h"
#include "domain/scalar.h"
#include "map/meta.h"
#include "target/reg_type.h"

namespace skep::verifier {

// Flags inside RegState::id of a scalar that equals "the value of id, plus RegState::off", by a 64-bit or a 32-bit
// addition.
inline constexpr u32 BPF_ADD_CONST64 = 1u << 31;
inline constexpr u32 BPF_ADD_CONST32 = 1u << 30;
inline constexpr u32 BPF_ADD_CONST = BPF_ADD_CONST64 | BPF_ADD_CONST32;

enum class DynptrType : u32 { Invalid, Local, Ringbuf, Skb, Xdp, SkbMeta };
enum class IterState : u32 { Invalid, Active, Drained };
enum class IrqClass : u32 { Native = 0, Lock = 1 };

// Ranges of a packet pointer that was compared with the end and failed.
inline constexpr int kAtPktEnd = -1;
inline constexpr int kBeyondPktEnd = -2;

struct RegState {
  RegType type = NOT_INIT;
  // Fixed offset of a pointer; of a scalar with a BPF_ADD_CONST id: the constant.
  s32 off = 0;
  // By type; always 16 bytes that compare bytewise ("type data").
  union {
    struct {
      u64 word[2];
    } data = {{0, 0}};
    struct {
      const map::MapMeta* ptr;
      u32 uid;
    } map;  // CONST_PTR_TO_MAP, PTR_TO_MAP_KEY, PTR_TO_MAP_VALUE; uid: of an inner map's look-up
    struct {
      const btf::Btf* types;
      u32 id;
    } btf;  // PTR_TO_BTF_ID
    struct {
      u32 size;
      u32 dynptr_id;
    } mem;  // PTR_TO_MEM; dynptr_id: slice of that dynptr, else 0
    struct {
      s32 range;
    } pkt;  // PTR_TO_PACKET(_META): bytes checked, or kAtPktEnd / kBeyondPktEnd
    struct {
      u32 subprog;
    } func;  // PTR_TO_FUNC
    struct {
      DynptrType type;
      bool first_slot;
    } dynptr;  // dynptr slots and CONST_PTR_TO_DYNPTR
    struct {
      const btf::Btf* types;
      u32 id;
      IterState state : 2;
      u32 depth : 30;
    } iter;  // iterator slots
    struct {
      IrqClass kfunc_class;
    } irq;  // irq flag slots
  };
  // Value of a scalar; variable part of a pointer's offset.
  domain::Scalar var = kNoVar;
  u32 id = 0;          // equality class of scalars, null-check class, packet class, dynptr id
  u32 ref_obj_id = 0;  // reference it carries, 0 if none
  u32 frameno = 0;     // PTR_TO_STACK: whose stack
  bool precise = false;

  static constexpr domain::Scalar kNoVar = {};

  RegBase base() const { return base_type(type); }
  bool is_scalar() const { return type == SCALAR_VALUE; }
  bool may_be_null() const { return type_may_be_null(type); }
  bool is_pkt() const { return base() == PTR_TO_PACKET; }
  bool is_pkt_pointer() const { return base() == PTR_TO_PACKET || base() == PTR_TO_PACKET_META; }
  bool is_const_scalar() const { return is_scalar() && var.is_const(); }
  bool is_null() const { return is_const_scalar() && var.var_off.value == 0; }  // register_is_null()
  u64 const_value() const { return var.var_off.value; }
  u32 base_id() const { return id & ~BPF_ADD_CONST; }

  // Everything but frameno and precise is replaced.
  void mark_not_init();
  void mark_unknown(bool is_precise);          // unknown scalar
  void mark_known(u64 value);                  // value and id/off/data; type kept (kernel: __mark_reg_known)
  void mark_known_scalar(u64 value);           // a known scalar, imprecise
  void mark_known_zero(RegType pointer_type);  // a pointer of that type, offset 0, data cleared
  // Same value, type, offsets; other id, ref and precision may differ.
  bool equal_before_id(const RegState& o) const {
    return type == o.type && off == o.off && data.word[0] == o.data.word[0] && data.word[1] == o.data.word[1] &&
           var == o.var;
  }
};

const RegState& not_init_reg();

}  // namespace skep::verifier
