// BPF_PROG_TEST_RUN: the program once, or `repeat` times, on what the caller gives.
#include "sys/command.h"
#include "sys/executables.h"

namespace skep::sys {
namespace {

constexpr u32 kRetval = offsetof(TestRunAttr, retval);

// A program of type syscall: its context is a piece of the caller's memory.
long run_syscall(const Call& call, const TestRunAttr& attr, const engine::Code& code) {
  if (attr.data_in || attr.data_out || attr.ctx_out || attr.duration || attr.repeat || attr.flags || attr.batch_size)
    return -EINVAL;
  if (attr.ctx_size_in > UINT16_MAX) return -EINVAL;
  std::vector<u8> ctx(attr.ctx_size_in);
  if (!ctx.empty() && !copy_from_user(ctx.data(), attr.ctx_in, ctx.size())) return -EFAULT;
  engine::Run run(call.kernel.executables().machine());
  const engine::RunResult result = engine::run_program(code, reinterpret_cast<u64>(ctx.data()), run);
  if (result.stop != engine::Stop::None) return -EFAULT;
  if (!call.write_back(kRetval, u32(result.retval))) return -EFAULT;
  return ctx.empty() || copy_to_user(attr.ctx_in, ctx.data(), ctx.size()) ? 0 : -EFAULT;
}

}  // namespace

long prog_test_run(Call& call) {
  const auto attr = call.as<TestRunAttr>();
  if (!call.tail_is_zero(TestRunAttr::kEnd)) return -EINVAL;
  if ((attr.ctx_size_in && !attr.ctx_in) || (!attr.ctx_size_in && attr.ctx_in)) return -EINVAL;
  if ((attr.ctx_size_out && !attr.ctx_out) || (!attr.ctx_size_out && attr.ctx_out)) return -EINVAL;
  auto prog = call.kernel.prog(int(attr.prog_fd));
  if (!prog.ok()) return -prog.error();
  if ((*prog)->image.header.prog_type != BPF_PROG_TYPE_SYSCALL) return -EOPNOTSUPP;
  auto code = call.kernel.executables().code_of(**prog);
  if (!code.ok()) return -code.error();
  return run_syscall(call, attr, **code);
}

}  // namespace skep::sys
