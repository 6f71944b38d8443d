/** The registry of definitions: the compacted topic `segment-definitions`, of one partition, read whole and followed. */
import { type Codec, type DefinitionRecord, UnreadableError } from "@tidemark/contracts";
import type { StoredDefinition } from "./definition-versions.ts";
import type { Log, LogRecord } from "./ports/log.ts";

export interface RegisteredDefinition extends StoredDefinition {
  /** ms since the epoch. */
  readonly writtenAt: number;
}

export interface DefinitionRegistry {
  /**
   * Reads everything that stood in the topic when it was called; calls that wait at the same time share one reading.
   * Rejects where the log or the schema registry is away; what was read until then stays.
   */
  refresh(): Promise<void>;
  /** The newest version of each `kind/id` as of the last reading; those deleted have no document. */
  definitions(): ReadonlyMap<string, RegisteredDefinition>;
  /** Offset of the next record to read: it moves when anything is written. */
  position(): number;
}

export interface DefinitionRegistryPorts {
  readonly log: Pick<Log, "startOffsets" | "endOffsets" | "read">;
  readonly codec: Pick<Codec, "decode">;
  /** Told of a record that nobody can read; it is left out. */
  readonly onUnreadable: (record: LogRecord, error: UnreadableError) => void;
}

/** Where intake keeps what it has loaded: records of the same topic, but no definitions. */
const intakeMarks = "load/";

export function createDefinitionRegistry(ports: DefinitionRegistryPorts, topic: string): DefinitionRegistry {
  const definitions = new Map<string, RegisteredDefinition>();
  let next = 0;
  let running = Promise.resolve();
  let waiting: Promise<void> | undefined;

  const readOn = async (): Promise<void> => {
    const [end = 0] = await ports.log.endOffsets(topic);
    const [start = 0] = next === 0 ? await ports.log.startOffsets(topic) : [];
    const from = Math.max(next, start);
    if (from >= end) return;
    for await (const records of ports.log.read(topic, 0, from, end)) {
      for (const record of records) {
        const definition = await readDefinition(ports, record);
        if (definition) definitions.set(`${definition.kind}/${definition.id}`, definition);
        next = record.offset + 1;
      }
    }
    next = end;
  };

  return {
    refresh() {
      // What is read now may have begun before something that the caller knows of was written: this is the one after.
      waiting ??= running
        .catch(() => undefined)
        .then(() => {
          waiting = undefined;
          running = readOn();
          return running;
        });
      return waiting;
    },
    definitions: () => definitions,
    position: () => next,
  };
}

async function readDefinition(
  { codec, onUnreadable }: DefinitionRegistryPorts,
  record: LogRecord,
): Promise<RegisteredDefinition | undefined> {
  const name = record.key?.toString() ?? "";
  const slash = name.indexOf("/");
  if (slash < 1 || name.startsWith(intakeMarks)) return undefined;
  const version = record.offset + 1;
  if (record.value === null) {
    const [kind, id] = [name.slice(0, slash), name.slice(slash + 1)];
    return { kind, id, version, filling: false, document: null, writtenAt: record.timestamp };
  }
  try {
    const { kind, id, filling, document, writtenAt } = (await codec.decode(record.value))
      .value as DefinitionRecord;
    checkJson(document);
    return { kind, id, version, filling, document, writtenAt };
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    onUnreadable(record, error);
    return undefined;
  }
}

function checkJson(document: string): void {
  try {
    JSON.parse(document);
  } catch (error) {
    throw new UnreadableError("the document is no JSON", { cause: error });
  }
}
