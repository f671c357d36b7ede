// The integer types of a width: native ones at 64, 32, 16 and 8 bits, a wrapping 4-bit pair for the low half of the 8-bit tests.
#pragma once

#include <compare>

#include "base/types.h"

namespace skep::domain {

template <unsigned W> struct Width;
template <> struct Width<64> { using U = u64; using S = s64; };
template <> struct Width<32> { using U = u32; using S = s32; };
template <> struct Width<16> { using U = u16; using S = s16; };
template <> struct Width<8> { using U = u8; using S = s8; };

}  // namespace skep::domain
