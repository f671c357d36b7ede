// Attach targets that the running kernel does not let us try: functions of the kernel (fentry, fmod_ret, LSM) and of
// other programs (freplace, fentry on a program). A small kernel and programs made by hand; texts from the rules.
#include "verifier/attach.h"

#include <gtest/gtest.h>

#include "btf/testing.h"
#include "verifier/verifier.h"

namespace skep::verifier {
namespace {

using btf::Kind;
using btf::testing::Blob;
using btf::testing::info;

struct Types {
  Blob blob;
  u32 int_ = blob.integer("int", 4, btf::BTF_INT_SIGNED), long_ = blob.integer("long", 8, btf::BTF_INT_SIGNED);
  u32 skb = blob.structure("__sk_buff", 4, {{"len", int_, 0}}), other = blob.structure("other", 4, {{"a", int_, 0}});

  u32 func(std::string_view name, u32 result, std::vector<u32> args, u32 linkage = btf::BTF_FUNC_GLOBAL) {
    std::vector<u32> params;
    for (u32 arg : args) params.insert(params.end(), {blob.str("arg"), arg});
    u32 proto = blob.type("", info(Kind::FuncProto, u32(args.size())), result, params);
    return blob.type(name, info(Kind::Func, linkage), proto);
  }
  std::shared_ptr<btf::Btf> parse() const { return btf::testing::must_parse(blob.bytes()); }
};

// A program of two instructions with one described function.
Program program_of(const Types& types, u32 func, u32 prog_type) {
  Program program;
  program.prog_type = prog_type;
  program.gpl_compatible = true;
  program.insns = {{isa::BPF_ALU64 | isa::BPF_MOV, 0, 0, 0, 0}, {isa::BPF_JMP | isa::BPF_EXIT}};
  auto prog_btf = std::make_shared<ProgBtf>();
  prog_btf->btf = types.parse();
  program.btf = prog_btf;
  const u32 record[] = {0, func};
  program.func_info = {sizeof(record), 1, std::vector<u8>(sizeof(record))};
  std::memcpy(program.func_info.bytes.data(), record, sizeof(record));
  return program;
}

// The first line that is printed; empty: accepted, or refused without a word.
std::string check(const Program& program, std::shared_ptr<const btf::Btf> kernel = nullptr) {
  target::Target target([kernel] { return kernel; });
  diag::Log log(1, 1 << 16);
  ObjectSource none;
  Verdict verdict = verify(program, target, none, {}, log);
  std::string text = log.finish().text;
  text = text.substr(0, std::min(text.find('\n'), text.find("processed ")));
  return verdict.error && text.empty() ? "refused" : text;
}

// The running example: a classifier with int main(struct __sk_buff *), and its replacement.
struct Replacement {
  Types target_types, own_types;
  VerifiedProgram target;
  u32 target_func = 0;

  explicit Replacement(u32 linkage = btf::BTF_FUNC_GLOBAL) {
    target_func = target_types.func("classify", target_types.int_, {target_types.blob.ptr(target_types.skb)}, linkage);
    target.program = program_of(target_types, target_func, BPF_PROG_TYPE_SCHED_CLS);
    target.func_info = {{0, target_func}};
    target.funcs = {FuncFacts{}};
  }
  std::string replace(u32 own_func) {
    Program ext = program_of(own_types, own_func, BPF_PROG_TYPE_EXT);
    ext.attach_btf_id = target_func;
    ext.attach_prog = std::make_shared<VerifiedProgram>(target);
    return check(ext);
  }
  u32 same() { return own_types.func("mine", own_types.int_, {own_types.blob.ptr(own_types.skb)}); }
};

TEST(Extension, SamePrototype) {
  Replacement r;
  EXPECT_EQ(r.replace(r.same()), "");
}

TEST(Extension, PrototypesThatDiffer) {
  auto with = [](auto make) {
    Replacement r;
    return r.replace(make(r.own_types));
  };
  EXPECT_EQ(with([](Types& t) { return t.func("f", t.int_, {}); }), "f() has 0 args while classify() has 1 args");
  EXPECT_EQ(with([](Types& t) { return t.func("f", 0, {t.blob.ptr(t.skb)}); }),
            "Return type UNKNOWN of f() doesn't match type INT of classify()");
  EXPECT_EQ(with([](Types& t) { return t.func("f", t.int_, {t.int_}); }),
            "arg0 in f() is INT while classify() has PTR");
  EXPECT_EQ(with([](Types& t) { return t.func("f", t.int_, {t.blob.ptr(t.int_)}); }),
            "arg0 in f() is not a pointer to context");
  EXPECT_EQ(with([](Types& t) { return t.func("f", t.int_, {t.blob.ptr(t.other)}); }),
            "arg0 f(struct other *) doesn't match classify(struct __sk_buff *)");
  EXPECT_EQ(with([](Types& t) { return t.func("f", t.int_, {t.blob.ptr(t.skb)}, btf::BTF_FUNC_STATIC); }),
            "f() is not a global function");
}

TEST(Extension, TargetsThatWillNotDo) {
  Replacement not_global(btf::BTF_FUNC_STATIC);
  EXPECT_EQ(not_global.replace(not_global.same()), "classify() is not a global function");
  Replacement unreliable;
  unreliable.target.funcs[0].unreliable = true;
  EXPECT_EQ(unreliable.replace(unreliable.same()), "Cannot replace static functions");
  Replacement ext;
  ext.target.program.prog_type = BPF_PROG_TYPE_EXT;
  EXPECT_EQ(ext.replace(ext.same()), "Cannot recursively attach");
  Replacement fentry;
  fentry.target.program.prog_type = BPF_PROG_TYPE_TRACING;
  fentry.target.program.expected_attach_type = BPF_TRACE_FENTRY;
  EXPECT_EQ(fentry.replace(fentry.same()), "Cannot extend fentry/fexit");
  Replacement callback;
  callback.target.exception_cb_subprog = 0;
  EXPECT_EQ(callback.replace(callback.same()), "Extension programs cannot attach to exception callback");
  Replacement elsewhere;
  elsewhere.target_func = elsewhere.target_types.skb;
  EXPECT_EQ(elsewhere.replace(elsewhere.same()), "Subprog __sk_buff doesn't exist");
}

// Functions of a kernel, by name.
std::string attach(u32 prog_type, u32 attach_type, std::string_view func, u32 flags = 0, bool gpl = true) {
  Types kernel;
  kernel.func(func, kernel.int_, {kernel.int_});
  auto types = kernel.parse();
  types->set_kernel(true);
  Program program;
  program.prog_type = prog_type;
  program.expected_attach_type = attach_type;
  program.prog_flags = flags;
  program.gpl_compatible = gpl;
  program.insns = {{isa::BPF_ALU64 | isa::BPF_MOV, 0, 0, 0, 0}, {isa::BPF_JMP | isa::BPF_EXIT}};
  program.attach_btf_id = types->find(func, Kind::Func);
  program.attach_btf = types;
  return check(program, types);
}

TEST(Tracing, KernelFunctions) {
  EXPECT_EQ(attach(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "vfs_read"), "");
  EXPECT_EQ(attach(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "migrate_disable"),
            "Attaching tracing programs to function 'migrate_disable' is rejected.");
  EXPECT_EQ(attach(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "do_exit"), "");
  EXPECT_EQ(attach(BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, "do_exit"),
            "Attaching fexit/fmod_ret to __noreturn function 'do_exit' is rejected.");
  EXPECT_EQ(attach(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "vfs_read", BPF_F_SLEEPABLE), "vfs_read is not sleepable");
  EXPECT_EQ(attach(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "bpf_fentry_test1", BPF_F_SLEEPABLE), "");
}

TEST(Tracing, ModifiedReturns) {
  EXPECT_EQ(attach(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "vfs_read"), "vfs_read() is not modifiable");
  EXPECT_EQ(attach(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "security_file_open"), "");
  EXPECT_EQ(attach(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "bpf_modify_return_test"), "");
}

TEST(Lsm, Hooks) {
  EXPECT_EQ(attach(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open"), "");
  EXPECT_EQ(attach(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open", 0, false),
            "LSM programs must have a GPL compatible license");
  EXPECT_EQ(attach(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_permission", BPF_F_SLEEPABLE),
            "bpf_lsm_file_permission is not sleepable");
  EXPECT_EQ(attach(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "vfs_read").substr(0, 13), "attach_btf_id");
  EXPECT_EQ(attach(BPF_PROG_TYPE_LSM, BPF_TRACE_RAW_TP, "bpf_lsm_file_open").substr(0, 13), "attach_btf_id");
  EXPECT_EQ(attach(BPF_PROG_TYPE_LSM, 0, "bpf_lsm_file_open"), "refused");
}

}  // namespace
}  // namespace skep::verifier
