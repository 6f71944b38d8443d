/**
 * How far a partition is: everything below `main` is on its way to its endpoints, and those that fell behind go on from
 * places of their own. The group's commit says it: its offset is the lowest place, so that nothing is left out by
 * whoever goes on from there, and where it is the topic's end everything is done; the rest is metadata.
 */
import type { ChangeCursor } from "@tidemark/contracts";

/** Before the record at `offset`: how far the changes are known. */
export interface Place {
  readonly offset: number;
  readonly cursor: ChangeCursor;
}

export interface PartitionPosition {
  readonly main: Place;
  /** By endpoint. */
  readonly behind: ReadonlyMap<string, Place>;
}

/** Kafka takes 4,096 bytes (`offset.metadata.max.bytes`). */
const maxMetadataBytes = 4_000;

/** What is committed. Where there are too many endpoints behind to name them, all go on from the lowest place. */
export function encodePosition({ main, behind }: PartitionPosition): { offset: number; metadata: string } {
  const lowest = [...behind.values()].reduce((low, place) => (place.offset < low.offset ? place : low), main);
  const { offset, cursor } = lowest;
  const { sequence, epoch } = cursor;
  const short = JSON.stringify({ sequence, epoch });
  if (behind.size === 0) return { offset, metadata: short };
  const places = Object.fromEntries([...behind].map(([endpoint, place]) => [endpoint, encodePlace(place)]));
  const whole = JSON.stringify({ sequence, epoch, main: encodePlace(main), behind: places });
  return { offset, metadata: Buffer.byteLength(whole) > maxMetadataBytes ? short : whole };
}

/** Throws where the text is not one that this service writes: then somebody else uses its group. */
export function parsePosition(offset: number, metadata: string): PartitionPosition {
  const { sequence, epoch, main, behind } = parse(metadata);
  const refuse = () => new Error(`the group's commit carries metadata that are not ours: ${metadata}`);
  if (!isSequence(sequence) || !isCount(epoch)) throw refuse();
  const place = (value: unknown): Place => {
    const found = parsePlace(value);
    if (found === undefined) throw refuse();
    return found;
  };
  if (main === undefined) return { main: { offset, cursor: { sequence, epoch } }, behind: new Map() };
  if (typeof behind !== "object" || behind === null) throw refuse();
  const places = Object.entries(behind).map(([endpoint, value]) => [endpoint, place(value)] as const);
  return { main: place(main), behind: new Map(places) };
}

function encodePlace({ offset, cursor }: Place): readonly number[] {
  return [offset, cursor.sequence, cursor.epoch];
}

function parsePlace(value: unknown): Place | undefined {
  if (!Array.isArray(value)) return undefined;
  const [offset, sequence, epoch]: readonly unknown[] = value;
  if (!isCount(offset) || !isSequence(sequence) || !isCount(epoch)) return undefined;
  return { offset, cursor: { sequence, epoch } };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** -1 where no change came yet to a reader that began past the first. */
function isSequence(value: unknown): value is number {
  return value === -1 || isCount(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
