/** Which partition a key belongs to, as every Kafka client with Java's default partitioner answers it. */

const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** Murmur2 of the bytes as a signed 32-bit integer; Apache Kafka's `Utils.murmur2`. */
export function murmur2(data: Uint8Array): number {
  const { length } = data;
  const whole = length & ~3;
  let hash = seed ^ length;
  for (let at = 0; at < whole; at += 4) {
    let word =
      byte(data, at) | (byte(data, at + 1) << 8) | (byte(data, at + 2) << 16) | (byte(data, at + 3) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  if (whole < length) {
    hash ^= byte(data, whole) | (byte(data, whole + 1) << 8) | (byte(data, whole + 2) << 16);
    hash = Math.imul(hash, multiplier);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

/** The partition of a key, from 0 to `partitions` - 1. */
export function partitionFor(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

function byte(data: Uint8Array, at: number): number {
  return data[at] ?? 0;
}
