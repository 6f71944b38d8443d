/** Where a customer is, and which bucket of a split it falls into. */
import type { Condition } from "../../../src/definition/definition.ts";
import { attributeOf } from "./knowledge.ts";
import type { Scene } from "./scene.ts";
import { isObject } from "./value.ts";

/** The mean radius of the International Union of Geodesy and Geophysics, in metres. */
const earthRadius = 6_371_008.8;

/** By the angle between two vectors, which is exact for near and for far points alike. */
export function distanceMetres(from: readonly [number, number], to: readonly [number, number]): number {
  const [a, b] = [vectorOf(from), vectorOf(to)];
  const cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  return Math.round(earthRadius * Math.atan2(Math.hypot(...cross), dot));
}

function vectorOf([latitude, longitude]: readonly [number, number]): readonly [number, number, number] {
  const [north, east] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}

export function nearHolds(
  { path, latitude, longitude, withinMetres }: Extract<Condition, { op: "near" }>,
  { known }: Scene,
): boolean {
  const value = attributeOf(known, path);
  const given = Array.isArray(value) ? value : isObject(value) ? [value.lat, value.lon] : [];
  const place = given.map(degrees);
  if (place.length !== 2 || place.some((number) => number === undefined)) return false;
  return distanceMetres([latitude, longitude], place as [number, number]) <= withinMetres;
}

function degrees(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

const mask = 2n ** 32n - 1n;

/** MurmurHash3 for 32 bits (Austin Appleby, 2011), seed 0. */
export function murmurHash3(text: string): bigint {
  const bytes = new TextEncoder().encode(text);
  const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (32n - bits))) & mask;
  const mix = (value: bigint): bigint => (rotate((value * 0xcc9e2d51n) & mask, 15n) * 0x1b873593n) & mask;
  let hash = 0n;
  for (let at = 0; at < bytes.length; at += 4) {
    let block = 0n;
    const size = Math.min(4, bytes.length - at);
    for (let index = 0; index < size; index += 1) block |= BigInt(bytes[at + index]!) << BigInt(8 * index);
    hash ^= mix(block);
    if (size === 4) hash = (rotate(hash, 13n) * 5n + 0xe6546b64n) & mask;
  }
  hash ^= BigInt(bytes.length);
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & mask;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & mask;
  return hash ^ (hash >> 16n);
}

const buckets = new Map<string, number>();

/** In millionths of all, 0 to 999,999. */
function bucketOf(name: string): number {
  const bucket = buckets.get(name) ?? Number((murmurHash3(name) * 1_000_000n) >> 32n);
  buckets.set(name, bucket);
  return bucket;
}

export function splitHolds({ of, from, to }: Extract<Condition, { op: "split" }>, { plan }: Scene): boolean {
  const bucket = bucketOf(`${of}:${plan.subjectId}`);
  return bucket >= Math.round(from * 10_000) && bucket < Math.round(to * 10_000);
}
