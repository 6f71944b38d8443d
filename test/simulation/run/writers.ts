/** What people and their systems write: source records, and versions of definitions. */
import { type Codec, type DefinitionRecord, type DefinitionVersion, topicNames } from "@tidemark/contracts";
import { cutName, documents, documentsByCuts } from "../scenario/definitions.ts";
import { bytesOf, type Expected, expectedOf } from "../scenario/input.ts";
import type { Edit, NewCuts, Scenario, Step } from "../scenario/scenario.ts";
import type { World } from "../world/world.ts";

/** A source record that was acknowledged, and what has to become of it. */
export interface Sent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly expected: Expected;
}

export function writeInput(
  { broker, wallClock }: World,
  { input, partition }: Extract<Step, { readonly type: "input" }>,
): Sent {
  const now = wallClock();
  const { topic } = input;
  const offset = broker.append(topic, partition, [{ key: null, value: bytesOf(input, now) }]);
  return { topic, partition, offset, expected: expectedOf(input, now) };
}

/** All that are there from the beginning. */
export function writeDefinitions(world: World, codec: Codec, { byCuts = false }: Scenario): void {
  for (const { kind, id, ...document } of [...documents, ...(byCuts ? documentsByCuts : [])]) {
    const version = register(world, codec, kind, id, { kind, id, ...document });
    for (const partition of world.broker.partitions(topicNames.customerEvents).keys())
      bring(world, codec, partition, version);
  }
}

export function writeEdit(world: World, codec: Codec, { kind, id, document, delaysMs }: Edit): void {
  const version = register(world, codec, kind, id, document);
  for (const [partition, delays] of delaysMs.entries())
    for (const delayMs of delays)
      world.scheduler.after(delayMs, `${kind}/${id} comes to ${partition}`, () =>
        bring(world, codec, partition, version),
      );
}

/** Each has a higher version than those before. */
export function writeCuts(world: World, codec: Codec, { spent, delaysMs }: NewCuts): void {
  const cuts = spent === null ? {} : { [cutName]: [spent * 10_000] };
  const value = codec.encode("tidemark.log.Cuts", { version: world.wallClock(), cuts });
  for (const [partition, delays] of delaysMs.entries())
    for (const delayMs of delays)
      world.scheduler.after(delayMs, `cuts come to ${partition}`, () =>
        world.broker.append(topicNames.customerEvents, partition, [{ key: null, value }]),
      );
}

/** When the last version of a definition, or of cut points, comes to its last partition, in ms since the beginning. */
export function lastArrivalMs(steps: readonly Step[]): number {
  const arrivals = steps.map((step) => {
    if (step.type === "edit") return step.at + Math.max(0, ...step.edit.delaysMs.flat());
    if (step.type === "cuts") return step.at + Math.max(0, ...step.cuts.delaysMs.flat());
    return step.at;
  });
  return Math.max(0, ...arrivals);
}

function register(
  world: World,
  codec: Codec,
  kind: string,
  id: string,
  document: object | null,
): DefinitionVersion {
  const { broker, wallClock } = world;
  const text = document === null ? null : JSON.stringify(document);
  const filling = document !== null && kind !== "automation" && eventsExist(world, codec);
  const record: DefinitionRecord = { kind, id, filling, document: text ?? "", writtenAt: wallClock() };
  const offset = broker.append(topicNames.segmentDefinitions, 0, [
    {
      key: Buffer.from(`${kind}/${id}`),
      value: text === null ? null : codec.encode("tidemark.definitions.DefinitionRecord", record),
    },
  ]);
  return { kind, id, version: offset + 1, filling, document: text };
}

function bring({ broker }: World, codec: Codec, partition: number, version: DefinitionVersion): void {
  const value = codec.encode("tidemark.log.DefinitionVersion", version);
  broker.append(topicNames.customerEvents, partition, [{ key: null, value }]);
}

/** As the api sees it when a definition is written, wherever they are. */
function eventsExist({ broker }: World, codec: Codec): boolean {
  return broker
    .partitions(topicNames.customerEvents)
    .some(({ records }) => records.some(({ value }) => value !== null && isEvent(codec, value)));
}

function isEvent(codec: Codec, value: Buffer): boolean {
  return codec.decodeSync(value)?.type === "tidemark.log.CustomerEvent";
}
