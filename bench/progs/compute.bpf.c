// Programs without helpers for `./dev bench run`, each an XDP program of its own section. Loops have constant bounds,
// and what they compute ends in the result, so that nothing is left out.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

struct xdp_md {
  u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

#define PROGRAM(name) __attribute__((section("xdp/" #name), used)) int name(struct xdp_md* ctx)
#define KEEP(x) asm volatile("" : "+r"(x))  // the compiler must not know what it is

PROGRAM(empty) { return 2; }

PROGRAM(hash1000) {
  u64 h = 0xcbf29ce484222325 ^ ctx->ingress_ifindex;
  for (u32 i = 0; i < 1000; ++i) {
    h ^= i & 0xff;
    h *= 0x100000001b3;
    h ^= h >> 29;
  }
  return (u32)h & 0x7fffffff;
}

PROGRAM(xorshift1000) {
  u64 x = 88172645463325252 + ctx->ingress_ifindex;
  for (u32 i = 0; i < 1000; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return (u32)x & 0x7fffffff;
}

PROGRAM(fib1000) {
  u64 a = ctx->ingress_ifindex, b = 1;
  for (u32 i = 0; i < 1000; ++i) {
    u64 next = a + b;
    KEEP(next);
    a = b;
    b = next;
  }
  return (u32)a & 0x7fffffff;
}

PROGRAM(stack256) {
  volatile u64 words[32];
  u64 sum = ctx->ingress_ifindex;
  for (u32 i = 0; i < 32; ++i) words[i] = i * 3 + sum;
  for (u32 round = 0; round < 8; ++round)
    for (u32 i = 0; i < 32; ++i) sum += words[(i * 7 + round) & 31];
  return (u32)sum & 0x7fffffff;
}

PROGRAM(sieve1024) {
  u64 bits[16] = {};
  u32 count = ctx->ingress_ifindex & 1;
  for (u32 i = 2; i < 1024; ++i) {
    if (bits[(i >> 6) & 15] >> (i & 63) & 1) continue;
    ++count;
    if (i >= 32) continue;
    for (u32 j = i * i; j < 1024; j += i) bits[(j >> 6) & 15] |= 1ull << (j & 63);
  }
  return count;
}

PROGRAM(primes200) {
  u32 count = ctx->ingress_ifindex & 1;
  for (u32 n = 2; n < 200; ++n) {
    u32 prime = 1;
    for (u32 d = 2; d < 15; ++d) {
      if (d * d > n) break;
      u32 divisor = d;
      KEEP(divisor);
      if (n % divisor == 0) {
        prime = 0;
        break;
      }
    }
    count += prime;
  }
  return count;
}

#define ROL64(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define SIP_ROUND                                               \
  do {                                                          \
    v0 += v1, v1 = ROL64(v1, 13), v1 ^= v0, v0 = ROL64(v0, 32); \
    v2 += v3, v3 = ROL64(v3, 16), v3 ^= v2;                     \
    v0 += v3, v3 = ROL64(v3, 21), v3 ^= v0;                     \
    v2 += v1, v1 = ROL64(v1, 17), v1 ^= v2, v2 = ROL64(v2, 32); \
  } while (0)

PROGRAM(siphash256) {
  u64 v0 = 0x736f6d6570736575 ^ ctx->ingress_ifindex, v1 = 0x646f72616e646f6d, v2 = 0x6c7967656e657261,
      v3 = 0x7465646279746573;
  for (u32 i = 0; i < 32; ++i) {
    u64 word = i * 0x0101010101010101;
    v3 ^= word;
    SIP_ROUND;
    SIP_ROUND;
    v0 ^= word;
  }
  v2 ^= 0xff;
  SIP_ROUND;
  SIP_ROUND;
  SIP_ROUND;
  return (u32)(v0 ^ v1 ^ v2 ^ v3) & 0x7fffffff;
}

#define ROL32(x, n) ((x) << (n) | (x) >> (32 - (n)))

PROGRAM(jhash240) {
  u8* data = (u8*)(u64)ctx->data;
  if (data + 240 > (u8*)(u64)ctx->data_end) return 0;
  u32 a = 0xdeadbeef, b = a, c = a;
  for (u32 i = 0; i < 20; ++i) {
    const u32* word = (const u32*)(data + i * 12);
    a += word[0], b += word[1], c += word[2];
    a -= c, a ^= ROL32(c, 4), c += b;
    b -= a, b ^= ROL32(a, 6), a += c;
    c -= b, c ^= ROL32(b, 8), b += a;
    a -= c, a ^= ROL32(c, 16), c += b;
    b -= a, b ^= ROL32(a, 19), a += c;
    c -= b, c ^= ROL32(b, 4), b += a;
  }
  return c & 0x7fffffff;
}

// Ethernet, up to two VLAN tags, IPv4 with options, TCP or UDP: the destination port.
static __attribute__((always_inline)) u32 parse(u8* at, u8* end) {
  if (at + 14 > end) return 0;
  u16 proto = *(u16*)(at + 12);
  at += 14;
#pragma unroll
  for (u32 i = 0; i < 2; ++i) {
    if (proto != 0x0081) break;
    if (at + 4 > end) return 0;
    proto = *(u16*)(at + 2);
    at += 4;
  }
  if (proto != 0x0008 || at + 20 > end) return 1;
  u32 length = (at[0] & 15) * 4;
  u8 next = at[9];
  if (length < 20) return 0;
  at += length;
  if (next == 6 ? at + 20 > end : at + 8 > end) return 0;
  return next == 6 || next == 17 ? __builtin_bswap16(*(u16*)(at + 2)) : 1;
}

PROGRAM(parse64) {
  u8 *data = (u8*)(u64)ctx->data, *end = (u8*)(u64)ctx->data_end;
  u32 sum = 0;
  for (u32 i = 0; i < 64; ++i) {
    u32 offset = (i & 3) << 8;
    KEEP(offset);
    sum += parse(data + (offset & 768), end);
  }
  return sum & 0x7fffffff;
}

PROGRAM(csum1024) {
  u8* data = (u8*)(u64)ctx->data;
  if (data + 1024 > (u8*)(u64)ctx->data_end) return 0;
  u64 sum = 0;
  for (u32 i = 0; i < 1024; i += 4) {
    sum += *(u32*)(data + i);
    KEEP(sum);
  }
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  return (u32)sum & 0x7fffffff;
}

PROGRAM(xorcopy512) {
  u8* data = (u8*)(u64)ctx->data;
  if (data + 1024 > (u8*)(u64)ctx->data_end) return 0;
  for (u32 i = 0; i < 512; i += 8) *(u64*)(data + 512 + i) = *(u64*)(data + i) ^ 0x5a5a5a5a5a5a5a5a;
  return data[1023];
}

PROGRAM(muldiv1000) {
  u64 x = 12345 + ctx->ingress_ifindex, sum = 0;
  for (u32 i = 1; i <= 1000; ++i) {
    u64 divisor = i | 1;
    x = x * 6364136223846793005 + 1442695040888963407;
    sum += (x >> 33) / divisor;
    sum ^= (x >> 21) % divisor;
  }
  return (u32)sum & 0x7fffffff;
}

PROGRAM(switch1000) {
  u64 x = 1 + ctx->ingress_ifindex;
  u32 state = 0;
  for (u32 i = 0; i < 1000; ++i) {
    x = x * 1103515245 + 12345;
    switch ((x >> 16) & 15) {
      case 0: state += 3; break;
      case 1: state ^= 0x55; break;
      case 2: state -= 7; break;
      case 3: state = state << 1 | 1; break;
      case 4: state |= 0x10; break;
      case 5: state &= 0xffffff; break;
      case 6: state += x & 0xff; break;
      case 7: state ^= state >> 3; break;
      case 8: state *= 5; break;
      case 9: state += 11; break;
      case 10: state -= i; break;
      case 11: state ^= i; break;
      case 12: state += state >> 7; break;
      case 13: state = ~state; break;
      case 14: state |= i & 1; break;
      default: state ^= 0xa5a5; break;
    }
  }
  return state & 0x7fffffff;
}

static __attribute__((noinline, section("xdp/call500"))) u64 step(u64 x, u64 i) {
  KEEP(i);
  return (x ^ i) * 31 + 7;
}

PROGRAM(call500) {
  u64 x = ctx->ingress_ifindex;
  for (u32 i = 0; i < 500; ++i) x = step(x, i);
  return (u32)x & 0x7fffffff;
}
