/**
 * A customer as bytes, without its id. Version 3: fingerprint of the plan, clock, timer, bounds, then each with its
 * length, so that what an event does not touch is copied as it is: memberships, attributes, features; event ids.
 */
import { type CustomerState, type Membership, type PackedParts, packedCustomer } from "../customer.ts";
import { writeAttributes } from "../features/attributes.ts";
import { lowerBound } from "../features/bounds.ts";
import { ByteReader, ByteWriter } from "../features/bytes.ts";
import { type Bounds, noBounds } from "./bounds.ts";
import { categoryName, type Plan } from "./plan.ts";

const formatVersion = 3;

/** One is enough: packing does not wait for anything. */
const writer = new ByteWriter();
const before = new ByteReader(new Uint8Array(0));

/** Memberships and features of definitions that the plan no longer has are left out. */
export function packCustomer(plan: Plan, state: CustomerState): Uint8Array {
  const clock = state.clock ?? 0;
  writer.unsigned(formatVersion);
  writer.unsigned((state.kind === "company" ? 1 : 0) + 2 * state.sweep);
  writer.unsigned(state.stale ? plan.fingerprint ^ 1 : plan.fingerprint);
  writer.signed(state.clock === null ? 0 : state.clock >= 0 ? state.clock + 1 : state.clock);
  writer.unsigned(state.timer === null ? 0 : Math.max(0, state.timer - clock) + 1);
  writeBounds(state);
  const parts = state.packed;
  const membershipsFrom = beginPart(parts.bytes, parts.membershipsFrom, parts.membershipsTo);
  if (parts.membershipsFrom < 0) writeMemberships(plan, state);
  parts.membershipsFrom = endPart(membershipsFrom, parts.membershipsFrom);
  parts.membershipsTo = writer.position;
  const attributesFrom = beginPart(parts.bytes, parts.attributesFrom, parts.attributesTo);
  if (parts.attributesFrom < 0) writeAttributes(writer, state.attributes);
  parts.attributesFrom = endPart(attributesFrom, parts.attributesFrom);
  parts.attributesTo = writer.position;
  writeFeatures(plan, state, parts);
  writeEventIds(state);
  parts.bytes = writer.finish();
  return parts.bytes;
}

/** Copies a part that still stands; else begins to write it. Answers where its bytes begin. */
function beginPart(bytes: Uint8Array, from: number, to: number): number {
  if (from < 0) return writer.beginBlock();
  writer.unsigned(to - from);
  const start = writer.position;
  writer.copy(bytes, from, to);
  return start;
}

/** Where the part begins, for its length may have moved it. */
function endPart(start: number, copiedFrom: number): number {
  if (copiedFrom >= 0) return start;
  const length = writer.endBlock(start);
  return writer.position - length;
}

/**
 * Reads what `packCustomer` wrote, for the subject with that id; keeps the bytes, which must not change. RangeError
 * where they are not of a known version.
 */
export function unpackCustomer(plan: Plan, bytes: Uint8Array, id: string): CustomerState {
  const reader = new ByteReader(bytes);
  const version = reader.unsigned();
  if (version !== formatVersion) throw new RangeError(`unknown version ${version} of a packed customer`);
  const kind = reader.unsigned();
  const memberships = new ByteReader(bytes, 0, 0);
  const state = packedCustomer(kind % 2 === 1 ? "company" : "customer", id, (into) =>
    readMemberships(plan, into, memberships),
  );
  state.sweep = Math.floor(kind / 2);
  state.packed.by = reader.unsigned();
  state.stale = state.packed.by !== plan.fingerprint;
  const clock = reader.signed();
  state.clock = clock === 0 ? null : clock > 0 ? clock - 1 : clock;
  const timer = reader.unsigned();
  state.timer = timer === 0 ? null : (state.clock ?? 0) + timer - 1;
  readBounds(state, reader);
  const parts = state.packed;
  parts.bytes = bytes;
  [parts.membershipsFrom, parts.membershipsTo] = readPart(reader);
  memberships.moveTo(bytes, parts.membershipsFrom, parts.membershipsTo);
  [parts.attributesFrom, parts.attributesTo] = readPart(reader);
  readFeatures(plan, state, parts, reader);
  readEventIds(state, reader);
  // What a definition that is gone left behind is not packed again.
  if (state.stale) parts.membershipsFrom = -1;
  return state;
}

/** Whether the customer was packed by a plan like this one, though it may have been stale then. */
export function isPackedBy({ fingerprint }: Pick<Plan, "fingerprint">, { packed }: CustomerState): boolean {
  return packed.by === fingerprint || packed.by === (fingerprint ^ 1);
}

/** The last sweep that reached a packed customer, before it is known which plan it is to be read by. */
export function sweepOf(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes);
  reader.unsigned();
  return Math.floor(reader.unsigned() / 2);
}

/** From where up to where it lies. */
function readPart(reader: ByteReader): [number, number] {
  const length = reader.unsigned();
  const from = reader.position;
  reader.skip(length);
  return [from, from + length];
}

/**
 * Each bound: how many definitions before it have none, and which instant it is, a new one as its distance from the
 * timer. Bounds of another plan are left out.
 */
function writeBounds({ bounds, timer, stale }: CustomerState): void {
  if (bounds === null || timer === null || stale) {
    writer.unsigned(0);
    return;
  }
  const { indexes, instants } = bounds;
  writer.unsigned(indexes.length);
  let next = 0;
  for (let place = 0; place < indexes.length; place += 1) {
    const index = indexes[place] ?? 0;
    const instant = instants[place] ?? 0;
    writer.unsigned(index - next);
    next = index + 1;
    let known = 0;
    while (instants[known] !== instant) known += 1;
    writer.unsigned(known < place ? known + 1 : 0);
    if (known === place) writer.unsigned(instant - timer);
  }
}

function readBounds(state: CustomerState, reader: ByteReader): void {
  const count = reader.unsigned();
  if (count === 0 || state.timer === null) return;
  const bounds: Bounds = noBounds();
  let next = 0;
  for (let left = count; left > 0; left -= 1) {
    const index = next + reader.unsigned();
    next = index + 1;
    const known = reader.unsigned();
    bounds.indexes.push(index);
    bounds.instants.push(
      known === 0 ? state.timer + reader.unsigned() : (bounds.instants[known - 1] ?? state.timer),
    );
  }
  if (!state.stale) state.bounds = bounds;
}

/** `out` and `in` are 0 and 1; a category is 2 and its slot. Instants as steps from one to the next. */
function writeMemberships(plan: Plan, { memberships }: CustomerState): void {
  let before = 0;
  for (const [slot, { value, since }] of memberships) {
    if (!plan.membershipSlots.has(slot)) continue;
    const kind = value === "out" ? 0 : value === "in" ? 1 : 2;
    writer.unsigned(slot * 3 + kind);
    if (kind === 2) {
      const category = categorySlot(plan, slot, value);
      writer.unsigned(category === undefined ? 0 : category + 1);
      if (category === undefined) writer.text(value);
    }
    writer.signed(since - before);
    before = since;
  }
}

/** By plan, slot of the classification and category: its slot, or undefined for one that the plan does not have. */
const categorySlots = new WeakMap<Plan, Map<number, Map<string, number | undefined>>>();

function categorySlot(plan: Plan, classification: number, value: string): number | undefined {
  const byClassification = categorySlots.get(plan) ?? new Map<number, Map<string, number | undefined>>();
  categorySlots.set(plan, byClassification);
  const known = byClassification.get(classification) ?? new Map<string, number | undefined>();
  byClassification.set(classification, known);
  if (known.has(value)) return known.get(value);
  const slot = plan.slotOf(categoryName(plan.nameAt(classification) ?? "", value));
  known.set(value, slot);
  return slot;
}

function readMemberships(plan: Plan, into: Map<number, Membership>, reader: ByteReader): void {
  let since = 0;
  while (!reader.isAtEnd) {
    const head = reader.unsigned();
    const slot = Math.floor(head / 3);
    const kind = head % 3;
    const value = kind === 2 ? readCategory(plan, slot, reader) : kind === 1 ? "in" : "out";
    since += reader.signed();
    const membership: Membership = { value, since };
    into.set(slot, membership);
  }
}

function readCategory(plan: Plan, slot: number, reader: ByteReader): string {
  const category = reader.unsigned();
  if (category === 0) return reader.text();
  const prefix = categoryName(plan.nameAt(slot) ?? "", "");
  return (plan.nameAt(category - 1) ?? "").slice(prefix.length);
}

/** Features that the plan no longer has were left out when the state was read. */
function writeFeatures(plan: Plan, state: CustomerState, parts: PackedParts): void {
  const { bytes, features, from, to, changed } = parts;
  const { features: planned } = plan.subjects[state.kind];
  writer.unsigned(features.length);
  for (let place = 0; place < features.length; place += 1) {
    const index = features[place] ?? 0;
    const feature = planned[index];
    if (feature === undefined) continue;
    writer.unsigned(feature.slot);
    const start = from[place] ?? -1;
    const end = to[place] ?? 0;
    if (changed[place] === false) {
      from[place] = beginPart(bytes, start, end);
    } else {
      const begun = writer.beginBlock();
      if (start >= 0) before.moveTo(bytes, start, end);
      feature.shape.write(writer, state.features[index], start < 0 ? null : before);
      from[place] = endPart(begun, -1);
      changed[place] = false;
    }
    to[place] = writer.position;
  }
}

/**
 * Still packed: each is read when it is asked for. Those of another plan too, whose parts say themselves which columns
 * they have; what this plan does not ask for is dropped where the feature is next folded into.
 */
function readFeatures(plan: Plan, state: CustomerState, parts: PackedParts, reader: ByteReader): void {
  const { featureBySlot } = plan.subjects[state.kind];
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const feature = featureBySlot.get(reader.unsigned());
    const length = reader.unsigned();
    const from = reader.position;
    reader.skip(length);
    if (feature === undefined) continue;
    const { features, from: begins, to: ends, changed } = parts;
    changed.push(false);
    if ((features.at(-1) ?? -1) < feature.index) {
      features.push(feature.index);
      begins.push(from);
      ends.push(from + length);
      continue;
    }
    // Another plan may have them in another order.
    const place = lowerBound(features, feature.index);
    features.splice(place, 0, feature.index);
    begins.splice(place, 0, from);
    ends.splice(place, 0, from + length);
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
