/** Cut points of the population: which the definitions ask for, which are in force, and new ones on their way. */
import type { Codec, Cuts as CutsRecord } from "@tidemark/contracts";
import { buildPlan, type CutRequest, type Definition, fromUnits, toUnits } from "@tidemark/core";
import type { Clock, DefinitionSets, Log, StateStore } from "@tidemark/runtime";
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
}

export interface CutsOptions {
  /** Name and partitions of `customer-events`. */
  readonly topic: string;
  readonly partitions: number;
}

/** Numbers are those of the metric, or seconds since an event. */
interface CutsShown {
  /** 0 where none were ever published. */
  readonly version: number;
  readonly cuts: readonly {
    readonly key: string;
    readonly subject: string;
    readonly shares: readonly number[];
    /** Null where there are none in force. */
    readonly values: readonly number[] | null;
  }[];
}

export interface Cuts {
  /** As the first partition has them. */
  read(): Promise<CutsShown>;
  /** Writes them to all partitions, in place of those in force; answers their version. Refuses with every fault. */
  publish(values: Readonly<Record<string, readonly number[]>>): Promise<number>;
}

export function createCuts(ports: CutsPorts, { topic, partitions }: CutsOptions): Cuts {
  const { log, codec, store, sets, clock, redis, kafkaWrites, definitions } = ports;
  const inForce = async () => {
    const { definitions: bytes } = await redis(() => store.load(0));
    return sets.unpack(bytes).cuts;
  };
  return {
    async read() {
      const known = await inForce();
      const cuts = requestsOf(definitions()).map(({ key, subject, shares }) => {
        const values = Object.hasOwn(known?.values ?? {}, key) ? known?.values[key] : undefined;
        return { key, subject, shares, values: values?.map(fromUnits) ?? null };
      });
      return { version: known?.version ?? 0, cuts };
    },
    async publish(values) {
      const faults = faultsOf(requestsOf(definitions()), values);
      if (faults.length > 0)
        return refuse("wrong-definitions", `${faults.length} of the cut points are wrong.`, { faults });
      const known = await inForce();
      const version = Math.max(clock.now(), (known?.version ?? 0) + 1);
      const cuts = Object.fromEntries(
        Object.entries(values).map(([key, numbers]) => [key, numbers.map(toUnits)]),
      );
      const record: CutsRecord = { version, cuts };
      const value = codec.encode("tidemark.log.Cuts", record);
      await kafkaWrites(() =>
        Promise.all(
          Array.from({ length: partitions }, (_, partition) =>
            log.append(topic, partition, [{ key: null, value }]),
          ),
        ),
      );
      return version;
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
