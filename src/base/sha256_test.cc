// The examples of FIPS 180-4, and a text whose padding takes a block of its own.
#include "base/sha256.h"

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace skep {
namespace {

std::string hex(std::string_view text) {
  std::string out;
  for (u8 byte : sha256({reinterpret_cast<const u8*>(text.data()), text.size()})) out += fmt::format("{:02x}", byte);
  return out;
}

TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

}  // namespace
}  // namespace skep
