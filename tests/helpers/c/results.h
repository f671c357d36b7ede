// What the programs of this folder share: a program puts what it was told into r[], and a comment before it says what
// Linux has told it (run_programs.py).
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

long r[24];

#define KERNEL_TYPES_BEGIN _Pragma("clang attribute push(__attribute__((preserve_access_index)), apply_to = record)")
#define KERNEL_TYPES_END _Pragma("clang attribute pop")
