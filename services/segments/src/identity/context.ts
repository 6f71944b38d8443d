/** What folding a record about who is who is given, and what it does alike for all of them. */
import type { SourcePosition } from "@tidemark/contracts";
import type { CustomerState, Plan } from "@tidemark/core";
import type { DefinitionSets, LogRecord, OrderWrite, StateStore, SubjectWrite } from "@tidemark/runtime";
import { advanceSource, type FoldInput, Output } from "../fold.ts";
import { sourceOf } from "../onward.ts";
import { staleCuts } from "../stale-cuts.ts";

/** Reads of one partition as its last commit left it. */
export interface PartitionReads {
  subject(key: string): Promise<Buffer | null>;
  /** Keys and images of a subject's orders. */
  orders(subject: string): Promise<readonly (readonly [key: string, image: Buffer])[]>;
  order(key: string): Promise<Buffer | null>;
}

export interface IdentityInput extends FoldInput {
  readonly sets: Pick<DefinitionSets, "planWith">;
  readonly reads: PartitionReads;
}

/** One record's fold under way. */
export class IdentityFold {
  readonly input: IdentityInput;
  readonly record: LogRecord;
  readonly output: Output;
  readonly subjects: SubjectWrite[] = [];
  readonly orders: OrderWrite[] = [];
  #ordinal = 0;

  constructor(input: IdentityInput, record: LogRecord) {
    this.input = input;
    this.record = record;
    this.output = new Output(input);
  }

  /** False, and rejected, where the record was seen before. What the api wrote has no position, and is always new. */
  isNew(source: SourcePosition | null): boolean {
    if (source === null || advanceSource(this.input.meta, source)) return true;
    this.reject(source, "repeated-source-position");
    return false;
  }

  reject(source: SourcePosition | null, reason: string): void {
    const nowhere = { sourceId: "", sourcePartition: -1, sourceOffset: -1, ordinal: 0 };
    this.output.reject(this.record, source ?? nowhere, reason);
  }

  /** Law F7 in fold-cuts.ts. `historic`: whether what was due before is. */
  lookByCuts(plan: Plan, state: CustomerState, historic: boolean): void {
    const { definitions } = this.input;
    for (const moved of staleCuts(definitions, plan, state, () => historic) ?? [])
      this.output.change(moved.transitions, state.id, state.kind, moved.historic, this.record.offset, null);
  }

  put(subject: string, state: Buffer | null, timer: SubjectWrite["timer"] = null): void {
    this.subjects.push({ subject, state, timer });
  }

  /** Sends a record to another partition: to that of the subject's key, or to partition 0. */
  send(type: string, value: object, subject: string | null): void {
    const source = sourceOf(this.input.partition, this.record.offset, this.#ordinal);
    this.#ordinal += 1;
    this.output.onward.push({ type, value: { ...value, source }, subject });
  }

  result() {
    return this.output.result(this.subjects, this.orders);
  }
}

/** Reads by way of the store. */
export function partitionReads(store: StateStore, partition: number): PartitionReads {
  return {
    subject: async (key) => (await store.subjects(partition, [key]))[0] ?? null,
    async orders(subject) {
      const keys = await store.orderKeys(partition, subject);
      const images = await store.orders(partition, keys);
      return keys.flatMap((key, at) => {
        const image = images[at] ?? null;
        return image === null ? [] : [[key, image] as const];
      });
    },
    order: async (key) => (await store.orders(partition, [key]))[0] ?? null,
  };
}
