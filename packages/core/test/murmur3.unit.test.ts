import { describe, expect, it } from "vitest";
import { murmur3 } from "../src/murmur3.ts";

describe("MurmurHash3, 32 bits", () => {
  // Published with many implementations of MurmurHash3_x86_32: of every length modulo 4, and of letters beyond ASCII.
  it.each([
    ["", 0, 0x0000_0000],
    ["", 1, 0x514e_28b7],
    ["", 0xffff_ffff, 0x81f1_6f39],
    ["\0\0\0\0", 0, 0x2362_f9de],
    ["\0\0\0", 0, 0x85f0_b427],
    ["\0\0", 0, 0x30f4_c306],
    ["\0", 0, 0x514e_28b7],
    ["a", 0x9747_b28c, 0x7fa0_9ea6],
    ["aa", 0x9747_b28c, 0x5d21_1726],
    ["aaa", 0x9747_b28c, 0x283e_0130],
    ["aaaa", 0x9747_b28c, 0x5a97_808a],
    ["ab", 0x9747_b28c, 0x7487_5592],
    ["abc", 0x9747_b28c, 0xc84a_62dd],
    ["abcd", 0x9747_b28c, 0xf047_8627],
    ["abc", 0, 0xb3dd_93fa],
    ["Hello, world!", 0x9747_b28c, 0x2488_4cba],
    ["ππππππππ", 0x9747_b28c, 0xd580_63c1],
    ["a".repeat(256), 0x9747_b28c, 0x3740_5bdc],
    ["The quick brown fox jumps over the lazy dog", 0x9747_b28c, 0x2fa8_26cd],
  ])("given %j and the seed %d, then it is %d", (text, seed, hash) => {
    expect(murmur3(text, seed)).toBe(hash);
  });

  it("given no seed, then it is 0", () => {
    expect(murmur3("abc")).toBe(0xb3dd_93fa);
  });
});
