/** What is on the topics at the end of a run, a line a record. */
import type { Codec } from "@tidemark/contracts";
import type { World } from "./world/world.ts";

const shown = ["customer-events", "segment-changes", "rejected-events", "dead-letters"];

export function showTopics(world: World, codec: Codec): readonly string[] {
  return shown.flatMap((topic) =>
    world.broker.partitions(topic).flatMap(({ records }) =>
      records.map(({ partition, offset, timestamp, value, headers }) => {
        const decoded = value === null || topic === "dead-letters" ? undefined : codec.decodeSync(value);
        const said = decoded
          ? `${decoded.type.slice(decoded.type.lastIndexOf(".") + 1)} ${JSON.stringify(decoded.value)}`
          : headers.map(([name, content]) => `${name}=${content}`).join(" ");
        return `${topic}/${partition}/${offset} ${new Date(timestamp).toISOString()} ${said}`;
      }),
    ),
  );
}
