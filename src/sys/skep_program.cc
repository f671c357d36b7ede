// The C interface to programs that run (skep.h, skep_program_...).
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "engine/btf_layout.h"
#include "skep/skep.h"
#include "sys/attr.h"
#include "sys/default_kernel.h"
#include "sys/executables.h"
#include "target/host.h"

struct skep_program {
  int fd = -1;  // ours
  std::shared_ptr<const skep::engine::Code> code;
  // Bytes that a context must have for skep_program_run(); nothing if contexts of this type are not in place.
  std::optional<skep::u32> context_size;
};

namespace skep::sys {
namespace {

// The furthest byte of its context that the program touches.
u32 touched_context(const engine::Code& code) {
  u32 end = 0;
  const auto& facts = *code.facts;
  for (size_t i = 0; i < facts.insns.size(); ++i) {
    if (!facts.facts[i].seen || facts.facts[i].mem != verifier::MemAccess::Ctx) continue;
    end = std::max(end, u32(facts.insns[i].off + isa::size_bytes(facts.insns[i].code)));
  }
  return end;
}

std::optional<u32> context_size(const engine::Code& code, const target::Target& target) {
  const u32 type = code.facts->kind.prog_type;
  if (const target::HostProgType* host = target.host_type(type))
    return engine::Layout(*target.vmlinux(), host->ctx_struct).size();
  switch (type) {
    case BPF_PROG_TYPE_SYSCALL:
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case BPF_PROG_TYPE_TRACING:
    case BPF_PROG_TYPE_LSM:
    case BPF_PROG_TYPE_STRUCT_OPS: return touched_context(code);
    default: return std::nullopt;
  }
}

int error_of(engine::Stop stop) {
  switch (stop) {
    case engine::Stop::None: return 0;
    case engine::Stop::Budget: return -ETIME;
    default: return -EFAULT;
  }
}

}  // namespace
}  // namespace skep::sys

extern "C" int skep_program_open(int fd, skep_program** program) {
  skep::sys::Kernel& kernel = skep::sys::default_kernel();
  auto found = kernel.prog(fd);
  if (!found.ok()) return -found.error();
  auto code = kernel.executables().code_of(**found);
  if (!code.ok()) return -code.error();
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return -errno;
  *program = new (std::nothrow) skep_program{own, *code, skep::sys::context_size(**code, kernel.target())};
  if (*program) return 0;
  close(own);
  return -ENOMEM;
}

extern "C" void skep_program_close(skep_program* program) {
  if (!program) return;
  skep_close(program->fd);
  delete program;
}

extern "C" int skep_program_run(skep_program* program, void* context, unsigned long size, unsigned long long budget,
                                unsigned long long* retval) {
  if (!program->context_size) return -EOPNOTSUPP;
  if (size < *program->context_size) return -EINVAL;
  skep::engine::Run run(skep::sys::default_kernel().executables().machine());
  if (budget) run.budget = budget;
  const auto result = skep::engine::run_program(*program->code, reinterpret_cast<skep::u64>(context), run);
  if (retval) *retval = result.retval;
  return skep::sys::error_of(result.stop);
}

extern "C" int skep_program_test(skep_program* program, struct skep_test_run* run) {
  const auto address = [](const void* p) { return reinterpret_cast<skep::u64>(p); };
  skep::sys::TestRunAttr attr{.prog_fd = skep::u32(program->fd),
                              .data_size_in = run->data_size,
                              .data_size_out = run->data_out_size,
                              .data_in = address(run->data),
                              .data_out = address(run->data_out),
                              .repeat = run->repeat,
                              .ctx_size_in = run->context_size,
                              .ctx_size_out = run->context_out_size,
                              .ctx_in = address(run->context),
                              .ctx_out = address(run->context_out)};
  constexpr int kTestRun = 10;  // BPF_PROG_TEST_RUN
  const long result = skep::sys::default_kernel().bpf(kTestRun, &attr, sizeof(attr));
  run->data_out_size = attr.data_size_out;
  run->context_out_size = attr.ctx_size_out;
  run->retval = attr.retval;
  run->duration = attr.duration;
  return int(result);
}
