/** Of the 16,384 slots of a Redis Cluster, the one of a key or of what stands between its braces. */
const slots = 16_384;

/** CRC16 as Redis Cluster takes it: polynomial 0x1021, beginning at nought (Redis Cluster specification, appendix A). */
export function hashSlot(text: string): number {
  let sum = 0;
  for (const byte of Buffer.from(text)) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1) & 0xffff;
  }
  return sum % slots;
}
