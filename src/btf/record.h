// Special fields of map values and local types: locks, timers, kptrs, list and tree roots and nodes ("records"; spec:
// protocols.md 3).
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "btf/btf.h"

namespace skep::btf {

enum class Field : u32 {
  SpinLock = 1 << 0,
  Timer = 1 << 1,
  KptrUnref = 1 << 2,
  KptrRef = 1 << 3,
  KptrPercpu = 1 << 4,
  ListHead = 1 << 5,
  ListNode = 1 << 6,
  RbRoot = 1 << 7,
  RbNode = 1 << 8,
  Refcount = 1 << 9,
  Workqueue = 1 << 10,
  Uptr = 1 << 11,
  ResSpinLock = 1 << 12,
  TaskWork = 1 << 13,
};
constexpr u32 operator|(Field a, Field b) { return u32(a) | u32(b); }
constexpr u32 operator|(u32 a, Field b) { return a | u32(b); }
inline constexpr u32 kKptrFields = Field::KptrUnref | Field::KptrRef | Field::KptrPercpu;
inline constexpr u32 kMapValueFields = kKptrFields | Field::SpinLock | Field::ResSpinLock | Field::Timer |
                                       Field::ListHead | Field::RbRoot | Field::Refcount | Field::Workqueue |
                                       Field::Uptr | Field::TaskWork;
inline constexpr u32 kProgramStructFields = kKptrFields | Field::SpinLock | Field::ResSpinLock | Field::ListHead |
                                            Field::ListNode | Field::RbRoot | Field::RbNode | Field::Refcount;
// "bpf_spin_lock", "kptr", "percpu_kptr", "uptr" ...
const char* field_name(Field f);

struct Record;

struct RecordField {
  Field type;
  u32 offset = 0, size = 0;
  // kptr and uptr: the pointee. A kernel type if `btf` is the kernel's, else a type of the program's BTF.
  const Btf* btf = nullptr;
  u32 btf_id = 0;
  // list_head, rb_root: the node inside its value type (program BTF).
  u32 value_btf_id = 0;
  u32 node_offset = 0;
  std::shared_ptr<const Record> value_record;
};

// Fields ascending by offset. At most 11.
struct Record {
  std::vector<RecordField> fields;
  u32 mask = 0;  // union of Field bits
  int spin_lock_off = -22, res_spin_lock_off = -22, timer_off = -22, wq_off = -22, task_work_off = -22,
      refcount_off = -22;

  bool has(Field f) const { return mask & u32(f); }
  const RecordField* find(u32 offset, u32 wanted_mask) const;  // the field starting exactly there, or nullptr
};

// Kernel types that a referenced kptr may point to, by name (a destructor is registered).
struct KernelTypes {
  const Btf* vmlinux = nullptr;                        // may be null: no kernel types are found
  std::span<const std::string_view> destructors = {};  // "task_struct", "cgroup", ...
};

// Record of type `type_id` (struct, or datasec) of value_size bytes; nullptr if it has no special field. Errno as spec
// says (E2BIG, EINVAL, EEXIST, ENOENT, EFAULT ...).
Result<std::shared_ptr<const Record>> parse_fields(const Btf& btf, u32 type_id, u32 wanted, u32 value_size,
                                                   const KernelTypes& kernel);

// By struct id, ascending.
using StructRecords = std::vector<std::pair<u32, std::shared_ptr<const Record>>>;

// Records of all structs of a program BTF, ownership checked and value_record linked: BTF_LOAD's last step.
Result<StructRecords> parse_struct_records(const Btf& btf, const KernelTypes& kernel);

// The ownership check of a map value's record (MAP_CREATE's last BTF step, after the checks of its type): the record
// with the value_record of its roots linked to those of `structs`. EINVAL, E2BIG (uptr), EFAULT (the value type has no
// record), ELOOP.
Result<std::shared_ptr<const Record>> own_fields(const Btf& btf, const std::shared_ptr<const Record>& record,
                                                 const StructRecords& structs);

}  // namespace skep::btf
