// What asmjit says when it finds itself in a bad state. Debian's libasmjit.a is compiled for executables; the one thing
// in it that cannot go into a shared library is that these functions name stderr. So they are ours (included once, in
// emitter.cc, for whoever links that must get them), and asmjit's are not linked.
#pragma once

#include <asmjit/core.h>

#include <cstdlib>

ASMJIT_BEGIN_NAMESPACE

const char* DebugUtils::errorAsString(Error) noexcept { return "asmjit error"; }
void DebugUtils::debugOutput(const char*) noexcept {}
void DebugUtils::assertionFailed(const char*, int, const char*) noexcept { std::abort(); }

ASMJIT_END_NAMESPACE
