// Special fields of map values and local types. Three steps: *discover* the fields of a type and of the structs nested
// in it, *build* the record (overlap, pointees, list and tree nodes), and, once the records of all structs are known,
// *own*: which root owns which node type.
#include "btf/record.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace skep::btf {
namespace {

constexpr u32 kMaxFields = 11;
constexpr u32 kMaxDepth = 32;       // of nested structs, and of array dimensions
constexpr u32 kMaxUptrSize = 4096;  // a uptr's target must fit a page
constexpr u32 kGraphRoots = Field::ListHead | Field::RbRoot;
constexpr u32 kGraphNodes = Field::ListNode | Field::RbNode;
constexpr u32 kRepeatable = kKptrFields | Field::Uptr | kGraphRoots;  // may stand in arrays
constexpr u32 kPointers = kKptrFields | Field::Uptr;

struct FieldRow {
  Field type;
  const char* name;  // of the struct that is the field; of pointers, the word of messages
  u8 size, align;
  bool once;  // per struct level
};

// The order is that in which names are tried.
constexpr FieldRow kFields[] = {
    {Field::SpinLock, "bpf_spin_lock", 4, 4, true},   {Field::ResSpinLock, "bpf_res_spin_lock", 4, 4, true},
    {Field::Timer, "bpf_timer", 16, 8, true},         {Field::Workqueue, "bpf_wq", 16, 8, true},
    {Field::TaskWork, "bpf_task_work", 8, 8, true},   {Field::ListHead, "bpf_list_head", 16, 8, false},
    {Field::ListNode, "bpf_list_node", 24, 8, false}, {Field::RbRoot, "bpf_rb_root", 16, 8, false},
    {Field::RbNode, "bpf_rb_node", 32, 8, false},     {Field::Refcount, "bpf_refcount", 4, 4, false},
    {Field::KptrUnref, "kptr", 8, 8, false},          {Field::KptrRef, "kptr", 8, 8, false},
    {Field::KptrPercpu, "percpu_kptr", 8, 8, false},  {Field::Uptr, "uptr", 8, 8, false},
};

struct TagRow {
  std::string_view tag;
  Field type;
};
constexpr TagRow kPointerTags[] = {
    {"kptr_untrusted", Field::KptrUnref},
    {"kptr", Field::KptrRef},
    {"percpu_kptr", Field::KptrPercpu},
    {"uptr", Field::Uptr},
};

// A struct with a direct member of one of these types (or of a kptr) gets a record. The kernel's list has no
// bpf_res_spin_lock.
constexpr std::string_view kRecordMakers[] = {"bpf_spin_lock", "bpf_list_head", "bpf_list_node",
                                              "bpf_rb_root",   "bpf_rb_node",   "bpf_refcount"};

const FieldRow& row_of(Field f) {
  for (const FieldRow& row : kFields) {
    if (row.type == f) return row;
  }
  SKEP_CHECK(false);
  __builtin_unreachable();
}

// A field as discovered: what it is and what it names, nothing looked up yet.
struct Found {
  Field type;
  u32 offset;
  u32 type_id;                 // pointers: the pointee; roots: the value type (program BTF)
  std::string_view node_name;  // roots: the member of the value type
};

// Number of fields added, or a negative errno; 0 also where something only looks like a field.
using Count = int;

class Discovery {
 public:
  Discovery(const Btf& btf, u32 wanted) : btf_(btf), wanted_(wanted) {}

  Count run(u32 type_id);
  std::span<const Found> found() const { return {found_.data(), count_}; }

  // The pointer field that type `id` is, if it is one: 1, 0 or a negative errno. Fills `f`'s type and type_id.
  Count match_pointer(u32 id, Found& f) const;

 private:
  // A struct member or a datasec variable.
  struct Place {
    u32 parent_id;  // whose declaration tags describe it
    s32 component;
    u32 type_id;
    u32 offset;
    u32 size;  // of a variable, 0 for members
  };
  Count members(u32 struct_id, u32 depth);
  Count variables(u32 datasec_id);
  Count one(const Place& place, u32& seen, u32 depth);
  Count nested(u32 struct_id, u32 offset, u32 nelems, u32 depth);
  Count match(const Place& place, const FieldRow& row, u32 type_id, Found& f) const;
  Count match_root(const Place& place, Found& f) const;
  Count repeat(u32 from, u32 times, u32 stride);
  const FieldRow* row_by_name(const Type* t) const;

  const Btf& btf_;
  u32 wanted_;
  std::array<Found, kMaxFields> found_;
  u32 count_ = 0;
};

Count Discovery::run(u32 type_id) {
  const Type* t = btf_.type_by_id(type_id);
  if (t && is_struct(t)) return members(type_id, 0);
  if (t && t->kind() == Kind::DataSec) return variables(type_id);
  return -EINVAL;
}

Count Discovery::members(u32 struct_id, u32 depth) {
  const Type* t = btf_.type_by_id(struct_id);
  u32 seen = 0, before = count_;
  std::span<const Member> all = btf_.members(t);
  for (u32 i = 0; i < all.size(); i++) {
    u32 bits = Btf::member_bit_offset(t, all[i]);
    if (bits % 8 != 0) return -EINVAL;
    Count n = one({struct_id, s32(i), all[i].type, bits / 8, 0}, seen, depth);
    if (n < 0) return n;
  }
  return Count(count_ - before);
}

Count Discovery::variables(u32 datasec_id) {
  u32 seen = 0, before = count_;
  for (const VarSecinfo& info : btf_.secinfos(btf_.type_by_id(datasec_id))) {
    const Type* var = btf_.type_by_id(info.type);
    if (!var) return -EINVAL;
    Count n = one({info.type, -1, var->type(), info.offset, info.size}, seen, 0);
    if (n < 0) return n;
  }
  return Count(count_ - before);
}

const FieldRow* Discovery::row_by_name(const Type* t) const {
  std::string_view name = btf_.name_of(t);
  if (!name.starts_with("bpf_")) return nullptr;
  for (const FieldRow& row : kFields) {
    if (!(u32(row.type) & (wanted_ & ~kPointers))) continue;
    if (name == row.name) return &row;
  }
  return nullptr;
}

Count Discovery::one(const Place& place, u32& seen, u32 depth) {
  u32 id = place.type_id;
  u64 nelems = 1;
  const Type* t = btf_.type_by_id(id);
  for (u32 i = 0; t && t->kind() == Kind::Array; i++) {
    if (i == kMaxDepth) return -E2BIG;
    nelems = u32(nelems * btf_.array(t).nelems);  // no overflow: BTF_LOAD bounds an array's size
    id = btf_.array(t).type;
    t = btf_.type_by_id(id);
  }
  if (!t || nelems == 0) return 0;

  const FieldRow* row = row_by_name(t);
  if (row && row->once) {
    if (seen & u32(row->type)) return -E2BIG;
    seen |= u32(row->type);
  }
  if (!row && t->kind() == Kind::Struct) return nested(id, place.offset, u32(nelems), depth);
  if (!row && !(wanted_ & kPointers)) return 0;
  const FieldRow& shape = row ? *row : row_of(Field::KptrRef);  // all pointers are alike in size
  if (place.size && place.size != shape.size * nelems) return 0;
  if (place.offset % shape.align != 0) return 0;

  Found f{shape.type, place.offset, 0, {}};
  Count n = match(place, shape, id, f);
  if (n <= 0) return n;
  if (count_ == kMaxFields) return -E2BIG;
  found_[count_++] = f;
  return nelems > 1 ? repeat(count_ - 1, u32(nelems), shape.size) : 1;
}

Count Discovery::nested(u32 struct_id, u32 offset, u32 nelems, u32 depth) {
  if (depth + 1 >= kMaxDepth) return -E2BIG;
  u32 before = count_;
  Count n = members(struct_id, depth + 1);
  if (n <= 0) return n;
  for (u32 i = before; i < count_; i++) found_[i].offset += offset;
  return nelems > 1 ? repeat(before, nelems, btf_.type_by_id(struct_id)->size()) : n;
}

// The fields from index `from` on stand in each of `times` elements of an array.
Count Discovery::repeat(u32 from, u32 times, u32 stride) {
  u32 n = count_ - from;
  for (u32 i = from; i < count_; i++) {
    if (!(u32(found_[i].type) & kRepeatable)) return -EINVAL;
  }
  if (u64(n) * times > kMaxFields - from) return -E2BIG;
  for (u32 k = 1; k < times; k++) {
    for (u32 i = 0; i < n; i++) {
      Found f = found_[from + i];
      f.offset += k * stride;
      found_[count_++] = f;
    }
  }
  return Count(count_ - from);
}

Count Discovery::match(const Place& place, const FieldRow& row, u32 type_id, Found& f) const {
  if (u32(row.type) & kPointers) return match_pointer(type_id, f);
  const Type* t = btf_.type_by_id(type_id);
  if (t->kind() != Kind::Struct || t->size() != row.size) return 0;
  return u32(row.type) & kGraphRoots ? match_root(place, f) : 1;
}

Count Discovery::match_pointer(u32 id, Found& f) const {
  const Type* t = btf_.type_by_id(id);
  if (t->kind() == Kind::Volatile) t = btf_.type_by_id(t->type());
  if (!t || !is_ptr(t)) return 0;
  const Type* tag = btf_.type_by_id(t->type());
  if (!tag || tag->kind() != Kind::TypeTag || tag->kflag()) return 0;
  const Type* next = btf_.type_by_id(tag->type());
  if (next && next->kind() == Kind::TypeTag) return -EINVAL;
  std::string_view text = btf_.name_of(tag);
  auto row =
      std::find_if(std::begin(kPointerTags), std::end(kPointerTags), [&](const TagRow& r) { return r.tag == text; });
  if (row == std::end(kPointerTags)) return -EINVAL;
  if (!(u32(row->type) & wanted_)) return 0;
  f.type = row->type;
  const Type* pointee = btf_.skip_modifiers(tag->type(), &f.type_id);
  return pointee && pointee->kind() == Kind::Struct ? 1 : -EINVAL;
}

Count Discovery::match_root(const Place& place, Found& f) const {
  constexpr std::string_view kContains = "contains:";
  std::optional<std::string_view> text = btf_.find_decl_tag(place.parent_id, place.component, kContains);
  if (!text || btf_.find_decl_tag(place.parent_id, place.component, kContains, 1)) return -EINVAL;
  size_t colon = text->find(':');
  if (colon == std::string_view::npos) return -EINVAL;
  f.type_id = btf_.find(text->substr(0, colon), Kind::Struct);
  if (!f.type_id) return -ENOENT;
  f.node_name = text->substr(colon + 1);
  return f.node_name.empty() ? -EINVAL : 1;
}

int build_pointer(const Btf& btf, const Found& f, const KernelTypes& kernel, RecordField& field) {
  const Type* t = btf.type_by_id(f.type_id);
  std::string_view name = btf.name_of(t);
  u32 id = kernel.vmlinux ? kernel.vmlinux->find(name, t->kind()) : 0;
  field.btf = id ? kernel.vmlinux : &btf;
  field.btf_id = id ? id : f.type_id;
  if (!id || f.type != Field::KptrRef) return 0;
  bool has_destructor =
      t->kind() == Kind::Struct && std::count(kernel.destructors.begin(), kernel.destructors.end(), name);
  return has_destructor ? 0 : ENOENT;
}

int build_root(const Btf& btf, const Found& f, RecordField& field) {
  const FieldRow& node = row_of(f.type == Field::ListHead ? Field::ListNode : Field::RbNode);
  const Type* value = btf.type_by_id(f.type_id);
  bool seen = false;
  for (const Member& m : btf.members(value)) {
    if (btf.string_at(m.name_off) != f.node_name) continue;
    if (seen) return EINVAL;
    seen = true;
    const Type* t = btf.type_by_id(m.type);
    if (!t || t->kind() != Kind::Struct || btf.name_of(t) != node.name) return EINVAL;
    u32 bits = Btf::member_bit_offset(value, m);
    if (bits % 8 != 0 || bits / 8 % node.align != 0) return EINVAL;
    field.value_btf_id = f.type_id;
    field.node_offset = bits / 8;
  }
  return seen ? 0 : ENOENT;
}

void note_offset(Record& record, const RecordField& field) {
  int offset = int(field.offset);
  switch (field.type) {
    case Field::SpinLock: record.spin_lock_off = offset; break;
    case Field::ResSpinLock: record.res_spin_lock_off = offset; break;
    case Field::Timer: record.timer_off = offset; break;
    case Field::Workqueue: record.wq_off = offset; break;
    case Field::TaskWork: record.task_work_off = offset; break;
    case Field::Refcount: record.refcount_off = offset; break;
    default: break;
  }
}

// What a record must not combine: errno, or 0.
int check_combination(const Record& record) {
  bool locked = record.has(Field::SpinLock) || record.has(Field::ResSpinLock);
  if (record.has(Field::SpinLock) && record.has(Field::ResSpinLock)) return EINVAL;
  if ((record.mask & kGraphRoots) && !locked) return EINVAL;
  if (record.has(Field::ListNode) && record.has(Field::RbNode) && !record.has(Field::Refcount)) return EINVAL;
  return 0;
}

int build(const Btf& btf, std::span<const Found> found, u32 value_size, const KernelTypes& kernel, Record& record) {
  u64 end = 0;
  for (const Found& f : found) {
    RecordField field{.type = f.type, .offset = f.offset, .size = row_of(f.type).size};
    if (u64(f.offset) + field.size > value_size) return EFAULT;
    if (f.offset < end) return EEXIST;
    end = u64(f.offset) + field.size;
    int error = 0;
    if (u32(f.type) & kPointers) error = build_pointer(btf, f, kernel, field);
    if (u32(f.type) & kGraphRoots) error = build_root(btf, f, field);
    if (error) return error;
    record.mask |= u32(f.type);
    note_offset(record, field);
    record.fields.push_back(std::move(field));
  }
  std::stable_sort(record.fields.begin(), record.fields.end(),
                   [](const RecordField& a, const RecordField& b) { return a.offset < b.offset; });
  return check_combination(record);
}

// nullptr without a special field.
Result<std::shared_ptr<Record>> make_record(const Btf& btf, u32 type_id, u32 wanted, u32 value_size,
                                            const KernelTypes& kernel) {
  Discovery discovery(btf, wanted);
  Count n = discovery.run(type_id);
  if (n < 0) return error_status(-n, "special fields");
  if (n == 0) return std::shared_ptr<Record>();
  auto record = std::make_shared<Record>();
  int error = build(btf, discovery.found(), value_size, kernel, *record);
  if (error) return error_status(error, "special fields");
  return record;
}

// The types whose presence as a member makes a struct have a record, ascending.
std::vector<u32> record_makers(const Btf& btf) {
  std::vector<u32> ids;
  Discovery pointers(btf, kKptrFields);
  for (u32 id = 1; id < btf.nr_types(); id++) {
    const Type* t = btf.type_by_id(id);
    Found ignored{};
    bool named =
        t->kind() == Kind::Struct && std::count(std::begin(kRecordMakers), std::end(kRecordMakers), btf.name_of(t));
    if (named || pointers.match_pointer(id, ignored) == 1) ids.push_back(id);
  }
  return ids;
}

int check_owner(const Btf& btf, const RecordField& field, const Record& record, const Record* value) {
  if (field.type == Field::Uptr) {
    if (field.btf != &btf) return EINVAL;
    u32 size = btf.type_by_id(field.btf_id)->size();
    return size == 0 ? EINVAL : size > kMaxUptrSize ? E2BIG : 0;
  }
  if (!(u32(field.type) & kGraphRoots)) return 0;
  if (!value) return EFAULT;
  return (record.mask & kGraphNodes) && (value->mask & kGraphRoots) ? ELOOP : 0;
}

// A copy that leads no further: types may point to themselves.
std::shared_ptr<const Record> without_links(const std::shared_ptr<const Record>& value) {
  if (!value) return nullptr;
  auto copy = std::make_shared<Record>(*value);
  for (RecordField& field : copy->fields) field.value_record = nullptr;
  return copy;
}

// A value type that is a node leads no further than one root (ELOOP above). One that only names a node of a wrong size
// could own itself: it is given as a copy that owns nothing.
std::shared_ptr<const Record> value_to_link(const std::shared_ptr<const Record>& value) {
  return value->mask & kGraphNodes ? value : without_links(value);
}

std::shared_ptr<const Record> find_struct(std::span<const std::pair<u32, std::shared_ptr<const Record>>> structs,
                                          u32 id) {
  auto it =
      std::lower_bound(structs.begin(), structs.end(), id, [](const auto& entry, u32 b) { return entry.first < b; });
  return it != structs.end() && it->first == id ? it->second : nullptr;
}

int check_owners(const Btf& btf, const Record& record, const StructRecords& structs) {
  for (const RecordField& field : record.fields) {
    if (int error = check_owner(btf, field, record, find_struct(structs, field.value_btf_id).get())) return error;
  }
  return 0;
}

void link_values(const Btf& btf, Record& record, const StructRecords& structs) {
  for (RecordField& field : record.fields) {
    if (u32(field.type) & kGraphRoots) field.value_record = value_to_link(find_struct(structs, field.value_btf_id));
    if ((u32(field.type) & kKptrFields) && field.btf == &btf)
      field.value_record = without_links(find_struct(structs, field.btf_id));
  }
}

}  // namespace

const char* field_name(Field f) { return row_of(f).name; }

const RecordField* Record::find(u32 offset, u32 wanted_mask) const {
  for (const RecordField& field : fields) {
    if (field.offset == offset) return u32(field.type) & wanted_mask ? &field : nullptr;
  }
  return nullptr;
}

Result<std::shared_ptr<const Record>> parse_fields(const Btf& btf, u32 type_id, u32 wanted, u32 value_size,
                                                   const KernelTypes& kernel) {
  auto record = make_record(btf, type_id, wanted, value_size, kernel);
  if (!record.ok()) return record.status();
  return std::shared_ptr<const Record>(std::move(*record));
}

Result<StructRecords> parse_struct_records(const Btf& btf, const KernelTypes& kernel) {
  std::vector<u32> makers = record_makers(btf);
  StructRecords structs;
  if (makers.empty()) return structs;
  std::vector<std::shared_ptr<Record>> writable;
  for (u32 id = 1; id < btf.nr_types(); id++) {
    const Type* t = btf.type_by_id(id);
    if (t->kind() != Kind::Struct) continue;
    std::span<const Member> members = btf.members(t);
    bool wanted = std::any_of(members.begin(), members.end(), [&](const Member& m) {
      return std::binary_search(makers.begin(), makers.end(), m.type);
    });
    if (!wanted) continue;
    auto record = make_record(btf, id, kProgramStructFields, t->size(), kernel);
    if (!record.ok()) return record.status();
    if (!*record) return error_status(EFAULT, "a lookalike of a special field");
    writable.push_back(*record);
    structs.emplace_back(id, *record);
  }
  for (const auto& record : writable) {
    if (int error = check_owners(btf, *record, structs)) return error_status(error, "ownership");
  }
  for (const auto& record : writable) link_values(btf, *record, structs);
  return structs;
}

Result<std::shared_ptr<const Record>> own_fields(const Btf& btf, const std::shared_ptr<const Record>& record,
                                                 const StructRecords& structs) {
  if (!record || !(record->mask & (kGraphRoots | kKptrFields | u32(Field::Uptr)))) return record;
  if (int error = check_owners(btf, *record, structs)) return error_status(error, "ownership");
  auto linked = std::make_shared<Record>(*record);
  link_values(btf, *linked, structs);
  return std::shared_ptr<const Record>(std::move(linked));
}

}  // namespace skep::btf
