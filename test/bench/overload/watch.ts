/** What the services hold while they run: memory, and how much waits before each stage. */
import { topicNames } from "@tidemark/contracts";
import type { Log, StateStore } from "@tidemark/runtime";
import { processUsage } from "../process-usage.ts";

export interface Backlog {
  /** Records of the source topics that intake has not taken. */
  readonly sources: number;
  /** Records of customer-events that segments has not folded; the most in one partition. */
  readonly events: number;
  readonly eventsOfOne: number;
  /** Records of segment-changes that automations has not acted on. */
  readonly changes: number;
  /** Records of all archived topics that are not in ClickHouse. */
  readonly archive: number;
}

export interface Watch {
  /** The most resident memory of each service since `reset`, in bytes. */
  peaks(): Readonly<Record<string, number>>;
  reset(): void;
  stop(): void;
}

const everyMs = 250;

export function watchMemory(
  services: readonly string[],
  pidOf: (service: string) => number | undefined,
): Watch {
  let peaks: Record<string, number> = {};
  const look = (): void => {
    for (const service of services) {
      const pid = pidOf(service);
      if (pid === undefined) continue;
      try {
        peaks[service] = Math.max(peaks[service] ?? 0, processUsage(pid).residentBytes);
      } catch {
        // It ended between the two looks.
      }
    }
  };
  const timer = setInterval(look, everyMs);
  return {
    peaks: () => peaks,
    reset() {
      peaks = {};
      look();
    },
    stop: () => clearInterval(timer),
  };
}

const sources = [topicNames.orders, topicNames.interactions, topicNames.lifecycle] as const;
const archived = [topicNames.customerEvents, topicNames.segmentChanges, topicNames.rejectedEvents] as const;

export async function readBacklog(log: Log, store: StateStore): Promise<Backlog> {
  const sourceLags = await Promise.all(sources.map((topic) => lagsOf(log, `tidemark-${topic}`, topic)));
  const ends = await log.endOffsets(topicNames.customerEvents);
  const states = await Promise.all(ends.map((_, partition) => store.load(partition)));
  const events = ends.map((end, partition) => Math.max(0, end - (states[partition]?.position ?? 0)));
  const archive = await Promise.all(archived.map((topic) => lagsOf(log, "tidemark-warehouse", topic)));
  return {
    sources: sum(sourceLags.flat()),
    events: sum(events),
    eventsOfOne: Math.max(...events),
    changes: sum(await lagsOf(log, "tidemark-automations", topicNames.segmentChanges)),
    archive: sum(archive.flat()),
  };
}

async function lagsOf(log: Log, group: string, topic: string): Promise<readonly number[]> {
  const ends = await log.endOffsets(topic);
  const committed = await log.committed(group, topic);
  return ends.map((end, partition) => Math.max(0, end - (committed[partition]?.offset ?? 0)));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
