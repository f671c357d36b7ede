// What a host application adds to the kernel that its programs see: program types with contexts of its own, and kfuncs.
// The types these are written in are in the target's BTF (btf/append.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "target/kfunc.h"

namespace skep::target {

inline constexpr u32 kFirstHostProgType = 1u << 16;

// A program type. Its context is a struct: integers are read, and written unless they are const; pointers to structs
// are read, as trusted kernel objects are.
struct HostProgType {
  std::string name;        // its section: SEC("name") or SEC("name/anything")
  std::string ctx_struct;  // "request_ctx"
  ReturnRange returns;
  bool sleepable = false;                  // may be loaded as sleepable
  u32 helpers_of = BPF_PROG_TYPE_SYSCALL;  // whose helpers and kfuncs it may call
};

// Filled before the target is used, then never changed.
class HostAdditions {
 public:
  // The number of the new type. Names are not checked against one another.
  u32 add(HostProgType type);
  // `flags`: KfuncFlag. Every program may call it.
  void add_kfunc(std::string name, u32 flags);

  const HostProgType* type(u32 prog_type) const;
  const HostProgType* type_of_section(std::string_view section, u32* prog_type) const;
  const KfuncRow* kfunc(std::string_view name) const;

 private:
  struct Kfunc {
    std::string name;
    KfuncRow row;
  };
  std::vector<HostProgType> types_;
  std::vector<std::unique_ptr<Kfunc>> kfuncs_;
};

// A load or store in the context of such a program.
CtxAccess host_ctx_access(const btf::Btf& types, const HostProgType& type, int off, int size, bool write);

}  // namespace skep::target
