import { expect, it } from "vitest";
import { createLocalCodec, topicNames } from "../src/index.ts";

it("given records of any size, when they are encoded one after another, then each keeps its own bytes", async () => {
  const codec = createLocalCodec();
  await codec.prepare(topicNames.segmentDefinitions, ["tidemark.definitions.DefinitionRecord"]);
  const records = [10, 16_000, 17_000, 300_000, 3].map((length, at) => ({
    kind: "segment",
    id: `s${at}`,
    filling: false,
    document: "x".repeat(length),
    writtenAt: at,
  }));
  const encoded = records.map((record) => codec.encode("tidemark.definitions.DefinitionRecord", record));
  expect(encoded.map((bytes) => codec.decodeSync(bytes)?.value)).toEqual(records);
});
