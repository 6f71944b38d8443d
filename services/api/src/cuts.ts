/** Cut points of the population: which the definitions ask for, which are in force, and new ones on their way. */
import type { Codec, Cuts as CutsRecord } from "@tidemark/contracts";
import { buildPlan, type CutRequest, type Definition, fromUnits, toUnits } from "@tidemark/core";
import type { Clock, DefinitionSets, Log, StateStore } from "@tidemark/runtime";
import type { FoundCuts } from "./cuts/from-archive.ts";
import { type DocumentFault, refuse } from "./problem.ts";
import type { Upstream } from "./upstream.ts";

export interface CutsPorts {
  readonly log: Pick<Log, "append">;
  readonly codec: Pick<Codec, "encode">;
  readonly store: Pick<StateStore, "load">;
  readonly sets: DefinitionSets;
  readonly clock: Clock;
  readonly redis: Upstream;
  readonly kafkaWrites: Upstream;
  /** Those that have no fault. */
  readonly definitions: () => readonly Definition[];
  /** Works them out from the archive, as of an instant in ms. */
  readonly fromArchive: (requests: readonly CutRequest[], at: number) => Promise<FoundCuts>;
}

export interface CutsOptions {
  /** Name and partitions of `customer-events`. */
  readonly topic: string;
  readonly partitions: number;
  /** How often they are worked out by themselves, in ms; 0 for never. */
  readonly everyMs: number;
}

/** Numbers are those of the metric, or seconds since an event. */
interface CutsShown {
  /** 0 where none were ever published. */
  readonly version: number;
  /** Null where none were ever published. */
  readonly publishedAt: string | null;
  readonly ageSeconds: number | null;
  /** Older than twice as often as they are worked out, or some that are asked for are not in force. */
  readonly stale: boolean;
  /** Partitions that do not have these yet, or are still going through the customers near them. */
  readonly partitionsLeft: number;
  readonly cuts: readonly {
    readonly key: string;
    readonly subject: string;
    readonly shares: readonly number[];
    /** Null where there are none in force. */
    readonly values: readonly number[] | null;
  }[];
}

export interface Cuts {
  /** As the first partition has them, and how many others are not so far. */
  read(): Promise<CutsShown>;
  /** Writes them to all partitions, in place of those in force; answers their version. Refuses with every fault. */
  publish(values: Readonly<Record<string, readonly number[]>>): Promise<number>;
  /**
   * Works all out from the archive and publishes them; answers how many are in each population. One of which nobody is in
   * the population has no points. Refuses where nobody is in any, or where ClickHouse does not answer.
   */
  compute(): Promise<{ readonly version: number; readonly populations: Readonly<Record<string, number>> }>;
}

export function createCuts(ports: CutsPorts, { topic, partitions, everyMs }: CutsOptions): Cuts {
  const { log, codec, store, sets, clock, redis, kafkaWrites, definitions, fromArchive } = ports;
  const inForce = async (partition = 0) => {
    const { definitions: bytes } = await redis(() => store.load(partition));
    return sets.unpack(bytes).cuts;
  };
  const isLeft = async (partition: number, version: number): Promise<boolean> => {
    const known = await inForce(partition);
    return (known?.version ?? 0) < version || known?.isRescoring === true;
  };
  /** To all partitions; answers the version. Values are in units. */
  const append = async (cuts: Readonly<Record<string, readonly number[]>>): Promise<number> => {
    const known = await inForce();
    const version = Math.max(clock.now(), (known?.version ?? 0) + 1);
    const record: CutsRecord = { version, cuts: cuts as CutsRecord["cuts"] };
    const value = codec.encode("tidemark.log.Cuts", record);
    await kafkaWrites(() =>
      Promise.all(
        Array.from({ length: partitions }, (_, partition) =>
          log.append(topic, partition, [{ key: null, value }]),
        ),
      ),
    );
    return version;
  };
  return {
    async read() {
      const known = await inForce();
      const cuts = requestsOf(definitions()).map(({ key, subject, shares }) => {
        const values = Object.hasOwn(known?.values ?? {}, key) ? known?.values[key] : undefined;
        return { key, subject, shares, values: values?.map(fromUnits) ?? null };
      });
      const version = known?.version ?? 0;
      const left = await Promise.all(
        Array.from({ length: partitions }, (_, partition) => isLeft(partition, version)),
      );
      // A version is the instant at which it was published.
      const ageMs = version === 0 ? null : Math.max(0, clock.now() - version);
      const isOld = everyMs > 0 && ageMs !== null && ageMs > 2 * everyMs;
      return {
        version,
        publishedAt: version === 0 ? null : new Date(version).toISOString(),
        ageSeconds: ageMs === null ? null : ageMs / 1_000,
        stale: cuts.length > 0 && (isOld || cuts.some((one) => one.values === null)),
        partitionsLeft: left.filter(Boolean).length,
        cuts,
      };
    },
    async publish(values) {
      const faults = faultsOf(requestsOf(definitions()), values);
      if (faults.length > 0)
        return refuse("wrong-definitions", `${faults.length} of the cut points are wrong.`, { faults });
      return append(
        Object.fromEntries(Object.entries(values).map(([key, numbers]) => [key, numbers.map(toUnits)])),
      );
    },
    async compute() {
      const requests = requestsOf(definitions());
      if (requests.length === 0) refuse("wrong-request", "No definition asks for cut points.");
      const { cuts, populations } = await fromArchive(requests, clock.now());
      if (Object.keys(cuts).length === 0)
        refuse("unavailable", "Nobody is in the population of any of them yet; nothing was published.");
      return { version: await append(cuts), populations };
    },
  };
}

function requestsOf(definitions: readonly Definition[]): readonly CutRequest[] {
  const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false }));
  return buildPlan(inputs, { zone: "UTC", forecasts: false }).cutRequests;
}

function faultsOf(
  requests: readonly CutRequest[],
  values: Readonly<Record<string, readonly number[]>>,
): DocumentFault[] {
  const wanted = new Map(requests.map((request) => [request.key, request]));
  const unknown = Object.keys(values).filter((key) => !wanted.has(key));
  const keys = [...wanted.keys()].join(", ") || "none: no definition asks for cut points";
  return [
    ...unknown.map((key) => ({
      definition: key,
      path: "",
      found: "cut points that nobody asks for",
      expected: keys,
    })),
    ...requests.flatMap(({ key, shares }) => {
      const given = Object.hasOwn(values, key) ? values[key] : undefined;
      const expected = `numbers, ascending: the quantiles at ${shares.join(", ")}`;
      if (given === undefined) return [{ definition: key, path: "", found: "nothing", expected }];
      const isAscending = given.every((value, at) => value >= (given[at - 1] ?? value));
      return given.length === shares.length && isAscending
        ? []
        : [{ definition: key, path: "", found: JSON.stringify(given).slice(0, 200), expected }];
    }),
  ];
}
