/** MurmurHash3 for 32 bits (x86 variant, Austin Appleby, public domain), of a text's UTF-8 bytes. */

const encoder = new TextEncoder();

/** 0 to 2^32 - 1. */
export function murmur3(text: string, seed = 0): number {
  const bytes = encoder.encode(text);
  const { length } = bytes;
  let hash = seed;
  const whole = length - (length % 4);
  for (let at = 0; at < whole; at += 4) {
    hash ^= mixed(
      byteAt(bytes, at) |
        (byteAt(bytes, at + 1) << 8) |
        (byteAt(bytes, at + 2) << 16) |
        (byteAt(bytes, at + 3) << 24),
    );
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  if (whole < length) {
    let rest = 0;
    for (let at = length - 1; at >= whole; at -= 1) rest = (rest << 8) | byteAt(bytes, at);
    hash ^= mixed(rest);
  }
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixed(block: number): number {
  const spread = Math.imul(block, 0xcc9e2d51);
  return Math.imul((spread << 15) | (spread >>> 17), 0x1b873593);
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
