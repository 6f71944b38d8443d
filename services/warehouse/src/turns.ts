/**
 * Whose block is cut, and who reads on. Each insert costs ClickHouse a part in every table that it fills, so blocks are
 * worth being large: while there is more than fits, partitions take turns. Those whose turn it is read until their block
 * is full, the others wait; what has waited longest is next.
 */
import type { BlockBounds } from "./block.ts";
import { insertBytes, releaseReaders, type Shelf } from "./shelf.ts";

export interface TurnOptions {
  readonly flushDelayMs: number;
  readonly bounds: BlockBounds;
  readonly maxBufferedBytes: number;
  /** How many read on at a time. */
  readonly concurrentInserts: number;
}

export interface Turns {
  bufferedBytes(): number;
  /** Whether the shelf has room for more now. */
  mayRead(shelf: Shelf): boolean;
  /** Shelves whose block is to be cut: those somebody waits for, then what has waited longest. */
  due(now: number): readonly Shelf[];
  /** Somebody waits until this is archived up to there: its block is cut as soon as it has come that far. */
  hurry(shelf: Shelf, end: number): void;
  /** Lets go on who may; `inHand` are being inserted and need no turn. */
  passOn(now: number, inHand: ReadonlySet<Shelf>): void;
}

/** Appended so long ago: it makes no difference whether it waits a little more for a larger block. */
const behindMs = 5_000;
/** Where nothing came for so long, nothing more is there. */
const comingMs = 250;
/** However much is coming, a record waits no longer than so many times the usual. */
const patience = 20;

export function createTurns(shelves: ReadonlyMap<string, Shelf>, options: TurnOptions): Turns {
  let turns: ReadonlySet<Shelf> = new Set();
  /** Up to where somebody waits for them. */
  const wanted = new WeakMap<Shelf, number>();
  const isWanted = (shelf: Shelf): boolean => shelf.position < (wanted.get(shelf) ?? 0);

  const bufferedBytes = () => [...shelves.values()].reduce((sum, shelf) => sum + shelf.bytes, 0);
  const isPressed = () => bufferedBytes() >= options.maxBufferedBytes;
  const isFull = (shelf: Shelf) =>
    shelf.records.length >= options.bounds.maxRecords || insertBytes(shelf) >= options.bounds.maxBytes;
  /** A part of it would cost an insert more. */
  const hasAllThatIsWanted = (shelf: Shelf): boolean =>
    isWanted(shelf) && (shelf.records.at(-1)?.offset ?? -1) + 1 >= (wanted.get(shelf) ?? 0);
  const inTurn = (one: Shelf, other: Shelf): number =>
    Number(isWanted(other)) - Number(isWanted(one)) || one.waitingSince - other.waitingSince;

  const isDue = (shelf: Shelf, now: number): boolean => {
    if (shelf.records.length === 0) return false;
    if (isFull(shelf) || hasAllThatIsWanted(shelf)) return true;
    if (!hasWaited(shelf, now, options.flushDelayMs)) return false;
    // It holds back what it could read: its turn comes.
    if (shelf.readers.length > 0 && !turns.has(shelf)) return false;
    const isComing = now >= shelf.lastCameAt && now - shelf.lastCameAt < comingMs;
    const newest = shelf.records.at(-1)?.timestamp ?? now;
    if (!isComing || now - newest < behindMs) return true;
    return !turns.has(shelf) && hasWaited(shelf, now, options.flushDelayMs * patience);
  };

  return {
    bufferedBytes,
    mayRead: (shelf) => !isFull(shelf) && (turns.has(shelf) || !isPressed()),
    due(now) {
      return [...shelves.values()].filter((shelf) => isDue(shelf, now)).sort(inTurn);
    },
    hurry: (shelf, end) => void wanted.set(shelf, end),
    passOn(now, inHand) {
      const waiting = [...shelves.values()].filter((shelf) => !inHand.has(shelf) && !isFull(shelf));
      if (!isPressed()) {
        turns = new Set();
        for (const shelf of waiting) releaseReaders(shelf);
        return;
      }
      const kept = waiting.filter((shelf) => turns.has(shelf));
      const next = waiting
        .filter((shelf) => shelf.readers.length > 0 && !turns.has(shelf))
        .sort(inTurn)
        .slice(0, Math.max(options.concurrentInserts - kept.length, 0));
      turns = new Set([...kept, ...next]);
      for (const shelf of next) shelf.lastCameAt = now;
      for (const shelf of turns) releaseReaders(shelf);
    },
  };
}

/** A clock that was put back says nothing of how long it was: then it is enough. */
function hasWaited({ waitingSince }: Shelf, now: number, delayMs: number): boolean {
  return now < waitingSince || now - waitingSince >= delayMs;
}
