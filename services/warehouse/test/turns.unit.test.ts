import type { LogRecord } from "@tidemark/runtime";
import { expect, test } from "vitest";
import { createShelf, putRecords, type Shelf } from "../src/shelf.ts";
import { createTurns } from "../src/turns.ts";

const start = 1_000_000_000;
const options = {
  flushDelayMs: 500,
  bounds: { maxRecords: 100, maxBytes: 1_000_000 },
  // Records here are of 10 bytes: 622 each with all they take.
  maxBufferedBytes: 62_200,
  concurrentInserts: 1,
};

function scene(count: number) {
  const shelves = new Map<string, Shelf>();
  const all = Array.from({ length: count }, (_, partition) => {
    const shelf = createShelf({ topic: "customer-events", partition }, 0, { sequence: 0, epoch: 0 }, true);
    shelves.set(String(partition), shelf);
    return shelf;
  });
  const read = (shelf: Shelf, records: number, now: number, ageMs = 60_000): void => {
    const from = (shelf.records.at(-1)?.offset ?? -1) + 1;
    const come = Array.from(
      { length: records },
      (_, at): LogRecord => ({
        ...{ topic: shelf.topic, partition: shelf.partition, offset: from + at, timestamp: now - ageMs },
        ...{ key: null, value: Buffer.alloc(10), headers: [] },
      }),
    );
    putRecords(shelf, come, now);
    if (!turns.mayRead(shelf)) shelf.readers.push(() => undefined);
  };
  const turns = createTurns(shelves, options);
  const none = new Set<Shelf>();
  return { all, turns, read, passOn: (now: number, inHand = none) => turns.passOn(now, inHand) };
}

test("given a record of a moment ago, when it has waited, then its block is cut though more may come", () => {
  const { all, turns, read } = scene(1);
  const [shelf] = all as [Shelf];
  read(shelf, 1, start, 10);
  expect(turns.due(start + 499)).toEqual([]);
  read(shelf, 1, start + 490, 10);
  expect(turns.due(start + 500)).toEqual([shelf]);
});

test("given records of long ago, when more keep coming, then their block waits for them, though not for ever", () => {
  const { all, turns, read } = scene(1);
  const [shelf] = all as [Shelf];
  for (let now = start; now < start + 10_000; now += 200) {
    read(shelf, 1, now);
    expect(turns.due(now)).toEqual([]);
  }
  read(shelf, 1, start + 10_000);
  expect(turns.due(start + 10_000)).toEqual([shelf]);
});

test("given records of long ago, when no more come, then their block is cut", () => {
  const { all, turns, read } = scene(1);
  const [shelf] = all as [Shelf];
  read(shelf, 5, start);
  expect(turns.due(start + 500)).toEqual([shelf]);
});

test("given more than fits, then the one that waited longest reads until its block is full, then the next", () => {
  const { all, turns, read, passOn } = scene(3);
  const [first, second, third] = all as [Shelf, Shelf, Shelf];
  read(second, 40, start);
  read(first, 40, start + 1);
  // The hundredth record is the last that fits.
  read(third, 40, start + 2);
  read(second, 1, start + 3);
  read(first, 1, start + 4);
  passOn(start + 1_000);
  expect(all.map((shelf) => turns.mayRead(shelf))).toEqual([false, true, false]);
  read(second, 30, start + 1_100);
  passOn(start + 1_200);
  expect(turns.due(start + 1_200)).toEqual([]);
  read(second, 30, start + 1_300);
  expect(turns.due(start + 1_300)).toEqual([second]);
  passOn(start + 1_300, new Set([second]));
  expect(all.map((shelf) => turns.mayRead(shelf))).toEqual([true, false, false]);
});

test("given one whose turn it is, when nothing more comes, then its block is cut as it is", () => {
  const { all, turns, read, passOn } = scene(2);
  const [first, second] = all as [Shelf, Shelf];
  read(first, 60, start);
  read(second, 60, start);
  read(first, 1, start);
  passOn(start + 1_000);
  expect(turns.due(start + 1_249)).toEqual([]);
  expect(turns.due(start + 1_250)).toEqual([first]);
});

test("given room again, then all read on", () => {
  const { all, turns, read, passOn } = scene(2);
  const [first, second] = all as [Shelf, Shelf];
  read(first, 60, start);
  read(second, 60, start);
  second.records = [];
  second.bytes = 0;
  passOn(start + 1);
  expect(all.map((shelf) => [turns.mayRead(shelf), shelf.readers.length])).toEqual([
    [true, 0],
    [true, 0],
  ]);
});

test("given somebody who waits for one, then its block is cut once it has come so far, before others, until it is archived", () => {
  const { all, turns, read } = scene(2);
  const [first, second] = all as [Shelf, Shelf];
  read(first, 1, start, 10);
  read(second, 1, start + 400, 10);
  turns.hurry(second, 2);
  expect(turns.due(start + 401)).toEqual([]);
  read(second, 1, start + 410, 10);
  expect(turns.due(start + 411)).toEqual([second]);
  expect(turns.due(start + 600)).toEqual([second, first]);
  second.position = 2;
  expect(turns.due(start + 600)).toEqual([first]);
});
