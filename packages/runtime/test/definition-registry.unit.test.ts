import { createLocalCodec, type DefinitionRecord } from "@tidemark/contracts";
import { createMemoryLog } from "@tidemark/testkit";
import { describe, expect, it } from "vitest";
import { createDefinitionRegistry, type Log } from "../src/index.ts";

const topic = "segment-definitions";
const recordType = "tidemark.definitions.DefinitionRecord";

async function openRegistry() {
  const log = createMemoryLog();
  await log.ensureTopics([{ name: topic, partitions: 1, replicas: 1, settings: {} }]);
  const codec = createLocalCodec();
  await codec.prepare(topic, [recordType]);
  const unreadable: number[] = [];
  const open = (reader: Log = log) =>
    createDefinitionRegistry(
      { log: reader, codec, onUnreadable: ({ offset }) => unreadable.push(offset) },
      topic,
    );
  const write = (key: string, given: Partial<DefinitionRecord>) => {
    const record = { kind: "segment", id: "loyal", filling: false, document: "{}", writtenAt: 5, ...given };
    return log.append(topic, 0, [{ key: Buffer.from(key), value: codec.encode(recordType, record) }]);
  };
  const remove = (key: string) => log.append(topic, 0, [{ key: Buffer.from(key), value: null }]);
  return { log, open, write, remove, unreadable };
}

describe("the registry of definitions", () => {
  it("given definitions written, replaced and deleted, then the newest of each counts and its version is its offset + 1", async () => {
    const { open, write, remove } = await openRegistry();
    await write("segment/loyal", { document: '{"a":1}' });
    await write("metric/revenue", { kind: "metric", id: "revenue", filling: true });
    await write("segment/loyal", { document: '{"a":2}', writtenAt: 9 });
    await write("metric/orders", { kind: "metric", id: "orders" });
    await remove("metric/orders");
    const registry = open();
    await registry.refresh();
    expect([...registry.definitions()]).toEqual([
      [
        "segment/loyal",
        { kind: "segment", id: "loyal", version: 3, filling: false, document: '{"a":2}', writtenAt: 9 },
      ],
      [
        "metric/revenue",
        { kind: "metric", id: "revenue", version: 2, filling: true, document: "{}", writtenAt: 5 },
      ],
      [
        "metric/orders",
        expect.objectContaining({ kind: "metric", id: "orders", version: 5, document: null }),
      ],
    ]);
    expect(registry.position()).toBe(5);
  });

  it("given what intake notes in the same topic and what nobody can read, then neither is a definition", async () => {
    const { log, open, write, unreadable } = await openRegistry();
    await write("load/orders/3", { kind: "load", id: "orders/3", document: '{"endOffset":7}' });
    await log.append(topic, 0, [{ key: Buffer.from("segment/odd"), value: Buffer.from("not ours") }]);
    await log.append(topic, 0, [{ key: null, value: Buffer.from("not ours") }]);
    await write("segment/torn", { id: "torn", document: '{"kind":' });
    const registry = open();
    await registry.refresh();
    expect([...registry.definitions()]).toEqual([]);
    expect(unreadable).toEqual([1, 3]);
    expect(registry.position()).toBe(4);
  });

  it("given something written while a reading is under way, when refreshed then, then it is known", async () => {
    const { log, open, write } = await openRegistry();
    await write("segment/loyal", {});
    const held = Promise.withResolvers<void>();
    let readings = 0;
    const registry = open({
      ...log,
      async endOffsets(name) {
        const ends = await log.endOffsets(name);
        readings += 1;
        if (readings === 1) await held.promise;
        return ends;
      },
    });
    const first = registry.refresh();
    await new Promise((resolve) => setImmediate(resolve));
    await write("segment/new", { id: "new" });
    const second = registry.refresh();
    const third = registry.refresh();
    held.resolve();
    await first;
    expect(registry.definitions().has("segment/new")).toBe(false);
    await Promise.all([second, third]);
    expect(registry.definitions().has("segment/new")).toBe(true);
    expect(readings).toBe(2);
  });

  it("given a log that is away, then refreshing rejects, and the next one goes on where it stopped", async () => {
    const { log, open, write } = await openRegistry();
    await write("segment/loyal", {});
    let isAway = true;
    const registry = open({
      ...log,
      endOffsets: (name) => (isAway ? Promise.reject(new Error("away")) : log.endOffsets(name)),
    });
    await expect(registry.refresh()).rejects.toThrow("away");
    isAway = false;
    await registry.refresh();
    expect([...registry.definitions().keys()]).toEqual(["segment/loyal"]);
  });
});
