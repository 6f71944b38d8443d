import { createLocalCodec } from "@tidemark/contracts";
import {
  type DefinitionSets,
  type Logger,
  type PartitionState,
  systemClock,
  type Warehouse,
} from "@tidemark/runtime";
import { createMemoryLog } from "@tidemark/testkit";
import { expect, it } from "vitest";
import { createRescorer } from "../src/cuts/rescorer.ts";

const topic = "customer-events";
const archiveGroup = "tidemark-warehouse";
const logger = { info: () => {} } as unknown as Logger;
/** The cuts stand at offset 5. */
const sets = {
  unpack: () => ({ cuts: { version: 3, offset: 5, isRescoring: true } }),
} as unknown as DefinitionSets;

/** What is written of partition 0 where the store answers these, one after another, the last for good. */
async function written(
  looks: readonly { readonly position: number; readonly owner: string }[],
  steps: number,
) {
  const log = createMemoryLog();
  await log.ensureTopics([{ name: topic, partitions: 1, replicas: 1, settings: {} }]);
  const codec = createLocalCodec();
  await codec.prepare(topic, ["tidemark.log.Rescore", "tidemark.log.RescoreEnd"]);
  const warehouse: Warehouse = {
    execute: async () => undefined,
    insert: async () => undefined,
    close: async () => undefined,
    query: async <Row>(_sql: string, parameters?: Readonly<Record<string, unknown>>) =>
      (parameters?.kind === "customer" && parameters.after === "" ? [{ subject: "ann" }] : []) as Row[],
  };
  let look = 0;
  const load = async (): Promise<PartitionState> => {
    const answer = looks[Math.min(look, looks.length - 1)];
    look += 1;
    return { sequence: 0, changesOffset: 0, meta: null, definitions: null, ...answer } as PartitionState;
  };
  const archived = { ...log, committed: async () => [{ offset: 100, metadata: "" }] };
  const ports = { log: archived, store: { load, subjects: async () => [null] }, warehouse, codec };
  const rescorer = createRescorer(
    { ...ports, clock: systemClock, logger, sets },
    { topics: { customerEvents: topic }, archiveGroup, maxAhead: 50, pollMs: 20 },
  );
  const outcomes: string[] = [];
  for (let step = 0; step < steps; step += 1)
    outcomes.push(await rescorer.step(() => true).then(String, (error: Error) => error.message));
  const types = log.records(topic, 0).map(({ value }) => value && codec.decodeSync(value)?.type);
  return { outcomes, types };
}

it("given a store that stays as it is or goes on, when those near a cut are looked for, then the end is written once", async () => {
  const looks = [7, 9, 9].map((position) => ({ position, owner: "a" }));
  expect(await written(looks, 2)).toEqual({
    outcomes: ["true", "false"],
    types: ["tidemark.log.RescoreEnd"],
  });
});

it.each([
  ["that came back younger", { position: 4, owner: "a" }],
  ["that came back younger and was folded again before anybody looks", { position: 9, owner: "b" }],
])(
  "given a store %s, when those near a cut are looked for, then no end is written until they were looked at again",
  async (_, after) => {
    const looks = [{ position: 7, owner: "a" }, after, { position: 12, owner: "b" }];
    const first = await written(looks, 1);
    expect(first.outcomes[0]).toMatch(/^partition 0 is at/);
    expect(first.types).toEqual([]);
    expect((await written(looks, 2)).types).toEqual(["tidemark.log.RescoreEnd"]);
  },
);
