/**
 * A customer as bytes, without its id. Version 1: fingerprint of the plan, clock, timer, bounds, memberships, attributes with the stamps they
 * share, features each with its length (so that those an event does not touch are copied as they are), event ids.
 */
import { type CustomerState, emptyCustomer, type Membership } from "../customer.ts";
import { ByteReader, ByteWriter } from "../features/bytes.ts";
import type { Stamp } from "../features/stamp.ts";
import { featureState } from "./look.ts";
import { categoryName, type Plan } from "./plan.ts";

const formatVersion = 1;

/** One is enough: packing does not wait for anything. */
const writer = new ByteWriter();

/** Memberships and features of definitions that the plan no longer has are left out. */
export function packCustomer(plan: Plan, state: CustomerState): Uint8Array {
  const clock = state.clock ?? 0;
  writer.unsigned(formatVersion);
  writer.unsigned(state.kind === "company" ? 1 : 0);
  writer.unsigned(state.stale ? plan.fingerprint ^ 1 : plan.fingerprint);
  writer.signed(state.clock === null ? 0 : state.clock >= 0 ? state.clock + 1 : state.clock);
  writer.unsigned(state.timer === null ? 0 : Math.max(0, state.timer - clock) + 1);
  writeUntils(state);
  writeMemberships(plan, state, clock);
  writeAttributes(state);
  writeFeatures(plan, state);
  writeEventIds(state);
  return writer.finish();
}

/**
 * Reads what `packCustomer` wrote; keeps views of the bytes, which must not change. RangeError where they are not
 * of a known version.
 */
export function unpackCustomer(plan: Plan, bytes: Uint8Array, id: string): CustomerState {
  const reader = new ByteReader(bytes);
  const version = reader.unsigned();
  if (version !== formatVersion) throw new RangeError(`unknown version ${version} of a packed customer`);
  const state = emptyCustomer(reader.unsigned() === 1 ? "company" : "customer", id);
  state.stale = reader.unsigned() !== plan.fingerprint;
  const clock = reader.signed();
  state.clock = clock === 0 ? null : clock > 0 ? clock - 1 : clock;
  const timer = reader.unsigned();
  state.timer = timer === 0 ? null : (state.clock ?? 0) + timer - 1;
  readUntils(plan, state, reader);
  readMemberships(plan, state, reader);
  readAttributes(state, reader);
  readFeatures(plan, state, reader);
  readEventIds(state, reader);
  return state;
}

/**
 * Each definition that has a bound: how many before it have none, and which bound it is, a new one as its distance
 * from the timer. Bounds of another plan are left out.
 */
function writeUntils({ untils, timer, stale }: CustomerState): void {
  if (untils === null || timer === null || stale) {
    writer.unsigned(0);
    return;
  }
  let count = 0;
  for (let index = 0; index < untils.length; index += 1)
    if (untils[index] !== Number.POSITIVE_INFINITY) count += 1;
  writer.unsigned(count);
  const bounds: number[] = [];
  let without = 0;
  for (let index = 0; index < untils.length; index += 1) {
    const until = untils[index] ?? Number.POSITIVE_INFINITY;
    if (until === Number.POSITIVE_INFINITY) {
      without += 1;
      continue;
    }
    writer.unsigned(without);
    without = 0;
    const place = bounds.indexOf(until);
    writer.unsigned(place + 1);
    if (place < 0) writer.unsigned(until - timer);
    if (place < 0) bounds.push(until);
  }
}

function readUntils(plan: Plan, state: CustomerState, reader: ByteReader): void {
  const count = reader.unsigned();
  if (count === 0 || state.timer === null) return;
  const untils = new Float64Array(plan.subjects[state.kind].definitions.length).fill(
    Number.POSITIVE_INFINITY,
  );
  const bounds: number[] = [];
  let index = 0;
  for (let left = count; left > 0; left -= 1) {
    index += reader.unsigned();
    const place = reader.unsigned();
    const until = place === 0 ? state.timer + reader.unsigned() : (bounds[place - 1] ?? state.timer);
    if (place === 0) bounds.push(until);
    untils[index] = until;
    index += 1;
  }
  if (!state.stale) state.untils = untils;
}

/** `out` and `in` are 0 and 1; a category is 2 and its slot. */
function writeMemberships(plan: Plan, state: CustomerState, clock: number): void {
  const kept: [number, Membership][] = [];
  for (const entry of state.memberships) if (plan.membershipSlots.has(entry[0])) kept.push(entry);
  writer.unsigned(kept.length);
  for (const [slot, { value, since }] of kept) {
    writer.unsigned(slot);
    if (value === "out" || value === "in") writer.unsigned(value === "in" ? 1 : 0);
    else {
      const category = plan.slotOf(categoryName(plan.nameAt(slot) ?? "", value));
      writer.unsigned(2);
      writer.unsigned(category === undefined ? 0 : category + 1);
      if (category === undefined) writer.text(value);
    }
    writer.signed(clock - since);
  }
}

function readMemberships(plan: Plan, state: CustomerState, reader: ByteReader): void {
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const slot = reader.unsigned();
    const kind = reader.unsigned();
    const value = kind === 2 ? readCategory(plan, slot, reader) : kind === 1 ? "in" : "out";
    const since = (state.clock ?? 0) - reader.signed();
    state.memberships.set(slot, { value, since });
  }
}

function readCategory(plan: Plan, slot: number, reader: ByteReader): string {
  const category = reader.unsigned();
  if (category === 0) return reader.text();
  const prefix = categoryName(plan.nameAt(slot) ?? "", "");
  return (plan.nameAt(category - 1) ?? "").slice(prefix.length);
}

function writeAttributes({ attributes }: CustomerState): void {
  const stamps: Stamp[] = [];
  const places: number[] = [];
  for (const { stamp } of attributes.entries.values()) {
    let place = stamps.findIndex(
      (other) =>
        other.offset === stamp.offset &&
        other.occurredAt === stamp.occurredAt &&
        other.partition === stamp.partition,
    );
    if (place < 0) place = stamps.push(stamp) - 1;
    places.push(place);
  }
  writer.unsigned(stamps.length);
  for (const { occurredAt, partition, offset } of stamps) {
    writer.signed(occurredAt);
    writer.unsigned(partition);
    writer.unsigned(offset);
  }
  writer.unsigned(attributes.entries.size);
  let index = 0;
  for (const [path, { value }] of attributes.entries) {
    writer.text(path);
    writer.unsigned(places[index] ?? 0);
    writer.value(value);
    index += 1;
  }
}

function readAttributes({ attributes }: CustomerState, reader: ByteReader): void {
  const stamps: Stamp[] = [];
  for (let left = reader.unsigned(); left > 0; left -= 1)
    stamps.push({ occurredAt: reader.signed(), partition: reader.unsigned(), offset: reader.unsigned() });
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const path = reader.text();
    const stamp = stamps[reader.unsigned()];
    const value = reader.value();
    if (stamp) attributes.entries.set(path, { value, stamp });
  }
}

function writeFeatures(plan: Plan, state: CustomerState): void {
  const { features } = plan.subjects[state.kind];
  let count = 0;
  for (const { index } of features)
    if (state.features[index] !== undefined || state.packed[index] !== undefined) count += 1;
  writer.unsigned(count);
  for (const { index, slot, shape } of features) {
    // Unpacked but not changed since: the bytes still stand.
    const packed = state.packed[index];
    const held = packed === undefined ? state.features[index] : undefined;
    if (packed === undefined && held === undefined) continue;
    writer.unsigned(slot);
    if (packed === undefined) writer.block(() => shape.write(writer, held));
    else {
      writer.unsigned(packed.length);
      writer.raw(packed);
    }
  }
}

function readFeatures(plan: Plan, state: CustomerState, reader: ByteReader): void {
  const subject = plan.subjects[state.kind];
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const feature = subject.featureBySlot.get(reader.unsigned());
    const packed = reader.block();
    if (feature === undefined) continue;
    state.packed[feature.index] = packed;
    if (!state.stale) continue;
    // Another plan wrote it: what it kept that this one does not ask for is dropped here.
    featureState(subject, state, feature.index);
    state.packed[feature.index] = undefined;
  }
}

function writeEventIds({ eventIds }: CustomerState): void {
  writer.unsigned(eventIds.length);
  let before = 0;
  for (const { hash, appendedAt } of eventIds) {
    writer.signed(appendedAt - before);
    writer.unsigned(hash);
    before = appendedAt;
  }
}

function readEventIds(state: CustomerState, reader: ByteReader): void {
  let appendedAt = 0;
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    appendedAt += reader.signed();
    state.eventIds.push({ appendedAt, hash: reader.unsigned() });
  }
}
