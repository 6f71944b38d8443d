/**
 * A customer as bytes, without its id. Version 2: fingerprint of the plan, clock, timer, bounds, then each with its
 * length, so that what an event does not touch is copied as it is: memberships, attributes, features; event ids.
 */
import {
  type CustomerState,
  emptyCustomer,
  type Membership,
  type PackedPart,
  type PackedParts,
} from "../customer.ts";
import { writeAttributes } from "../features/attributes.ts";
import { ByteReader, ByteWriter } from "../features/bytes.ts";
import { type Bounds, noBounds } from "./bounds.ts";
import { featureState } from "./look.ts";
import { categoryName, type Plan } from "./plan.ts";

const formatVersion = 2;

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
  writeBounds(state);
  const { packed } = state;
  let memberships = copied(packed, packed?.memberships);
  if (memberships === null) {
    const start = writer.beginBlock();
    writeMemberships(plan, state);
    memberships = endPart(start);
  }
  let attributes = copied(packed, packed?.attributes);
  if (attributes === null) {
    const start = writer.beginBlock();
    writeAttributes(writer, state.attributes);
    attributes = endPart(start);
  }
  const parts = { from: [], to: [] };
  writeFeatures(plan, state, parts);
  writeEventIds(state);
  const bytes = writer.finish();
  state.packed = { bytes, memberships, attributes, ...parts };
  return bytes;
}

/** As it was packed before, if it was; answers where it lies now. */
function copied(packed: PackedParts | null, known: PackedPart | null | undefined): PackedPart | null {
  if (packed === null || !known) return null;
  const length = known.to - known.from;
  writer.unsigned(length);
  writer.copy(packed.bytes, known.from, known.to);
  return { from: writer.position - length, to: writer.position };
}

function endPart(start: number): PackedPart {
  const length = writer.endBlock(start);
  return { from: writer.position - length, to: writer.position };
}

/**
 * Reads what `packCustomer` wrote, for the subject with that id; keeps the bytes, which must not change. RangeError
 * where they are not of a known version.
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
  readBounds(state, reader);
  const memberships = readPart(reader);
  readMemberships(plan, state, new ByteReader(bytes, memberships.from, memberships.to));
  const attributes = readPart(reader);
  const packed: PackedParts = { bytes, memberships, attributes, from: [], to: [] };
  state.packed = packed;
  readFeatures(plan, state, packed, reader);
  readEventIds(state, reader);
  // What a definition that is gone left behind is not packed again.
  if (state.stale) packed.memberships = null;
  return state;
}

function readPart(reader: ByteReader): PackedPart {
  const length = reader.unsigned();
  const from = reader.position;
  reader.skip(length);
  return { from, to: from + length };
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
    const [index, instant] = [indexes[place] ?? 0, instants[place] ?? 0];
    writer.unsigned(index - next);
    next = index + 1;
    const known = instants.indexOf(instant);
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
      const category = plan.slotOf(categoryName(plan.nameAt(slot) ?? "", value));
      writer.unsigned(category === undefined ? 0 : category + 1);
      if (category === undefined) writer.text(value);
    }
    writer.signed(since - before);
    before = since;
  }
}

function readMemberships(plan: Plan, state: CustomerState, reader: ByteReader): void {
  let since = 0;
  while (!reader.isAtEnd) {
    const head = reader.unsigned();
    const slot = Math.floor(head / 3);
    const kind = head % 3;
    const value = kind === 2 ? readCategory(plan, slot, reader) : kind === 1 ? "in" : "out";
    since += reader.signed();
    const membership: Membership = { value, since };
    state.memberships.set(slot, membership);
  }
}

function readCategory(plan: Plan, slot: number, reader: ByteReader): string {
  const category = reader.unsigned();
  if (category === 0) return reader.text();
  const prefix = categoryName(plan.nameAt(slot) ?? "", "");
  return (plan.nameAt(category - 1) ?? "").slice(prefix.length);
}

function writeFeatures(plan: Plan, state: CustomerState, parts: Pick<PackedParts, "from" | "to">): void {
  const { packed } = state;
  const { features } = plan.subjects[state.kind];
  let count = 0;
  for (let index = 0; index < features.length; index += 1)
    if (packed?.from[index] !== undefined || state.features[index] !== undefined) count += 1;
  writer.unsigned(count);
  for (const { index, slot, shape } of features) {
    // Not changed since it was packed: the bytes still stand.
    const from = packed?.from[index];
    const held = from === undefined ? state.features[index] : undefined;
    if (from === undefined && held === undefined) continue;
    writer.unsigned(slot);
    if (packed && from !== undefined) {
      const to = packed.to[index] ?? from;
      writer.unsigned(to - from);
      writer.copy(packed.bytes, from, to);
      parts.from[index] = writer.position - (to - from);
    } else {
      const start = writer.beginBlock();
      shape.write(writer, held);
      const length = writer.endBlock(start);
      parts.from[index] = writer.position - length;
    }
    parts.to[index] = writer.position;
  }
}

function readFeatures(plan: Plan, state: CustomerState, packed: PackedParts, reader: ByteReader): void {
  const subject = plan.subjects[state.kind];
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const feature = subject.featureBySlot.get(reader.unsigned());
    const length = reader.unsigned();
    const from = reader.position;
    reader.skip(length);
    if (feature === undefined) continue;
    packed.from[feature.index] = from;
    packed.to[feature.index] = from + length;
    if (!state.stale) continue;
    // Another plan wrote it: what it kept that this one does not ask for is dropped here.
    featureState(subject, state, feature.index);
    packed.from[feature.index] = undefined;
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
