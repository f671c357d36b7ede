// One transfer function per instruction class: each checks the instruction, applies its effect to the current state,
// and advances Env::insn_idx.
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

Outcome step_alu(Env&, const isa::Insn&);        // step_alu.cc: ALU, ALU64
Outcome step_ldx(Env&, const isa::Insn&);        // step_mem.cc
Outcome step_st(Env&, const isa::Insn&);         // step_mem.cc: ST
Outcome step_stx(Env&, const isa::Insn&);        // step_mem.cc: STX, atomics (step_atomic.cc)
Outcome step_atomic(Env&, const isa::Insn&);     // step_atomic.cc
Outcome step_ld(Env&, const isa::Insn&);         // step_ld.cc: ld_imm64, LD_ABS, LD_IND
Outcome step_jmp(Env&, const isa::Insn&);        // step_jmp.cc: conditional jumps, may_goto
Outcome step_jmp_class(Env&, const isa::Insn&);  // explore.cc: dispatch of JMP and JMP32
Outcome step_exit(Env&, const isa::Insn&);       // step_exit.cc
Outcome step_call(Env&, const isa::Insn&);       // call/call.cc: helper, kfunc, subprogram

// Pointer +- scalar (ptr_arith.cc; adjust_ptr_min_max_vals). dst_reg's state is replaced.
Outcome adjust_ptr_min_max_vals(Env&, const isa::Insn&, const RegState& ptr, const RegState& off);

// step_exit.cc, also used by tail calls, LD_ABS, bpf_throw.
// Locks, references, irq, rcu, preempt (check_resource_leak). check_refs: false in frames that keep their references.
enum class Leaving : u8 { Exit, TailCall, LdAbs, Throw };
Outcome check_resource_leak(Env&, bool exception_exit, bool check_lock, Leaving how);
// Return value of the program or of a global function (check_return_code). `context` "At program exit" ...
Outcome check_return_code(Env&, u32 regno, const char* reg_name);
void print_invalid_scalar(Env&, const RegState&, target::ReturnRange, const char* context, const char* reg_name);
// Leaves the current frame: back to the caller or, for a callback, to its call (prepare_func_exit). Sets Env::insn_idx.
Outcome prepare_func_exit(Env&);

// A tail call or packet load that leaves the function: queues the path that goes on after the insn, and returns to the
// caller. After a tail call R0 is whatever the other program returned and packet pointers are gone; a packet load that
// fails returns 0.
enum class EarlyReturn { TailCall, PacketLoad };
Outcome fork_return_to_caller(Env&, EarlyReturn);

// Entering a static function or callback (subprog_call.cc; setup_func_entry). `set_args` fills the callee's registers.
using SetArgs = Outcome (*)(Env&, FuncState& caller, FuncState& callee, int insn_idx);
Outcome setup_func_entry(Env&, int subprog, int callsite, SetArgs set_args, VerifierState& state);
Outcome set_callee_state(Env&, FuncState& caller, FuncState& callee, int insn_idx);
Outcome check_func_call(Env&, const isa::Insn&, int& insn_idx);
// Queues a synchronous or asynchronous callback for a helper or kfunc call (push_callback_call).
void init_func_state(FuncState&, int callsite, u32 frameno, u32 subprog);
void clear_caller_saved_regs(RegState* regs);
Outcome push_callback_call(Env&, const isa::Insn&, int insn_idx, int subprog, SetArgs set_args, bool async,
                           bool async_sleepable);

}  // namespace skep::verifier
