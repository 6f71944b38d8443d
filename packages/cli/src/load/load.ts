/** Fills the source topics, before the intake services first run: to them it is history. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Codec, topicNames } from "@tidemark/contracts";
import type { Clock, Log } from "@tidemark/runtime";
import { demoHistory } from "../demo/history.ts";
import type { Superstore } from "../demo/superstore.ts";
import type { FileOrder } from "../orders-file/order-lines.ts";
import { maxNotes, type OrdersFile, type OrdersRead, readOrdersFile } from "../orders-file/orders-file.ts";
import type { Progress } from "../progress/progress.ts";
import { fileOrderEvent, interactionRecord, lifecycleRecord, orderRecord } from "./source-records.ts";
import { type SourceRecord, writeSource } from "./source-writer.ts";

export interface LoadPorts {
  readonly log: Log;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly progress: Progress;
}

/** Resolves once all of it is acknowledged. */
export async function loadDemo(
  ports: LoadPorts,
  store: Superstore,
  moment: { readonly seed: number; readonly now: number },
): Promise<void> {
  const { orders, interactions, lifecycle } = demoHistory(store, moment);
  const { codec } = ports;
  await write(ports, [
    [topicNames.orders, orders.length, mapped(orders, (event) => orderRecord(codec, event))],
    [topicNames.interactions, interactions.length, mapped(interactions, interactionRecord)],
    [topicNames.lifecycle, lifecycle.length, mapped(lifecycle, (event) => lifecycleRecord(codec, event))],
  ]);
}

export async function loadFileOrders(ports: LoadPorts, orders: readonly FileOrder[]): Promise<void> {
  const records = mapped(orders, (order) => orderRecord(ports.codec, fileOrderEvent(order)));
  await write(ports, [[topicNames.orders, orders.length, records]]);
}

async function write(
  { log, clock, progress }: LoadPorts,
  topics: readonly (readonly [topic: string, count: number, records: Iterable<SourceRecord>])[],
): Promise<void> {
  const written = new Map<string, number>();
  const show = (): void =>
    progress.bars(topics.map(([name, total]) => ({ name, done: written.get(name) ?? 0, total })));
  for (const [topic, , records] of topics) {
    await writeSource({ log, clock }, topic, records, (count) => {
      written.set(topic, count);
      show();
    });
  }
  progress.clear();
}

function* mapped<From, To>(items: readonly From[], map: (item: From) => To): Generator<To, void, undefined> {
  for (const item of items) yield map(item);
}

const notesShown = 20;

/** Reads the file and says what was found in it, line by line where it is at fault. */
export async function readFileOrders(
  source: OrdersFile,
  progress: Progress,
  notesFolder: string,
): Promise<OrdersRead> {
  progress.say(`Reading ${source.file}`);
  const read = await readOrdersFile(source, (lines) =>
    progress.bars([{ name: "lines", done: lines, total: 0 }]),
  );
  progress.clear();
  for (const line of describeRead(read)) progress.say(line);
  for (const { line, fault } of read.notes.slice(0, notesShown)) progress.say(`  line ${line}: ${fault}`);
  if (read.notes.length > notesShown) {
    const file = join(notesFolder, "orders-file.txt");
    writeFileSync(file, read.notes.map(({ line, fault }) => `line ${line}: ${fault}\n`).join(""));
    const bound = read.notes.length === maxNotes ? ` (the first ${maxNotes})` : "";
    progress.say(`  ... all of them${bound}: ${file}`);
  }
  return read;
}

/** Below this share of all orders nobody is taken for a name that stands for many. */
const suspiciousShare = 0.05;

export function describeRead({
  orders,
  lines,
  unattributedLines,
  unreadable,
}: OrdersRead): readonly string[] {
  const counts = new Map<string, number>();
  for (const { customer } of orders) {
    if (customer !== null) counts.set(customer, (counts.get(customer) ?? 0) + 1);
  }
  const unattributed = orders.filter(({ customer }) => customer === null).length;
  const first = new Date(orders[0]?.time ?? 0).toISOString().slice(0, 10);
  const last = new Date(orders.at(-1)?.time ?? 0).toISOString().slice(0, 10);
  const told = [
    `${figure(lines)} lines: ${figure(orders.length)} orders of ${figure(counts.size)} customers, ${first} to ${last}`,
    `${figure(unattributedLines)} lines (${figure(unattributed)} orders) without a customer, ${figure(unreadable)} rows that cannot be read`,
  ];
  const [id, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0] as [string, number]);
  if (counts.size >= 20 && most >= orders.length * suspiciousShare) {
    told.push(
      `Customer "${id}" has ${figure(most)} of the orders; if that stands for guests, begin anew with --guest ${id}`,
    );
  }
  return told;
}

const figure = (count: number): string => count.toLocaleString("en-US");
