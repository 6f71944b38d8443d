import { LogError, type Position, type TopicPartition } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { createAssignment } from "../src/assignment.ts";
import type { Lane } from "../src/lanes.ts";

const place = (partition: number): TopicPartition => ({ topic: "t", partition });
const numbers = (places: readonly TopicPartition[]) => places.map(({ partition }) => partition);
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** An assignment whose user answers when the test wants, and everything that happened, in order. */
function watchedAssignment() {
  const events: string[] = [];
  const opened: Lane[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const assignment = createAssignment(
    {
      async onAssigned(gained): Promise<readonly Position[]> {
        events.push(`assigned ${numbers(gained)}`);
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        await gate.promise;
        return gained.map((own) => ({ ...own, offset: own.partition * 10 }));
      },
      async onRevoked(lost) {
        events.push(`revoked ${numbers(lost)}`);
      },
    },
    {
      onOpened: (lanes) => {
        opened.push(...lanes);
        events.push(`opened ${lanes.map(({ place: own, position }) => `${own.partition}@${position}`)}`);
      },
      onFailure: (error) => events.push(`failed ${String(error)}`),
    },
  );
  return {
    assignment,
    events,
    opened,
    async answer() {
      gates.shift()?.resolve();
      await turn();
    },
  };
}

describe("an assignment", () => {
  it("A1: given partitions, then their lanes open where the user says, once it has answered", async () => {
    const { assignment, events, answer } = watchedAssignment();
    assignment.assign([place(1), place(2)], true);
    await turn();
    expect(events).toEqual(["assigned 1,2"]);
    await answer();
    expect(events).toEqual(["assigned 1,2", "opened 1@10,2@20"]);
  });

  it("given a rebalance that leaves some, then only what changed is told, and the lanes kept stay open", async () => {
    const { assignment, events, opened, answer } = watchedAssignment();
    assignment.assign([place(1), place(2)], true);
    await turn();
    await answer();
    assignment.assign([place(2), place(3)], true);
    await turn();
    await answer();
    expect(events.slice(2)).toEqual(["revoked 1", "assigned 3", "opened 3@30"]);
    expect(opened.map(({ place: own, open }) => [own.partition, open])).toEqual([
      [1, false],
      [2, true],
      [3, true],
    ]);
  });

  it("A4: given a partition that was lost and gained while it was being opened, then it is possessed only once it is told anew", async () => {
    const { assignment, events, answer } = watchedAssignment();
    assignment.assign([place(1)], true);
    await turn();
    const first = assignment.possession(place(1));
    expect(first).toBeDefined();
    assignment.assign([], true);
    assignment.assign([place(1)], true);
    await turn();
    // Its user still opens it from where it was before: what he would commit may be behind what others did.
    expect(assignment.possession(place(1))).toBeUndefined();
    await answer();
    expect(events).toEqual(["assigned 1", "revoked 1", "assigned 1"]);
    expect(assignment.possession(place(1))).toBeDefined();
    expect(assignment.possession(place(1))).not.toBe(first);
  });

  it("given a membership that was interrupted, then everything is lost and gained anew", async () => {
    const { assignment, events, opened, answer } = watchedAssignment();
    assignment.assign([place(1)], true);
    await turn();
    await answer();
    const before = assignment.possession(place(1));
    assignment.assign([place(1)], false);
    expect(assignment.possession(place(1))).not.toBe(before);
    expect(opened[0]?.open).toBe(false);
    await turn();
    await answer();
    expect(events.slice(2)).toEqual(["revoked 1", "assigned 1", "opened 1@10"]);
  });

  it("A2: given a partition lost while the user opens it, then it is revoked after the answer and never opened", async () => {
    const { assignment, events, answer } = watchedAssignment();
    assignment.assign([place(1), place(2)], true);
    await turn();
    assignment.assign([place(2)], true);
    assignment.assign([place(1), place(2)], true);
    await turn();
    expect(events).toEqual(["assigned 1,2"]);
    await answer();
    await answer();
    expect(events).toEqual(["assigned 1,2", "opened 2@20", "revoked 1", "assigned 1", "opened 1@10"]);
  });

  it("given a partition that came and went before its turn, then the user never hears of it", async () => {
    const { assignment, events, answer } = watchedAssignment();
    assignment.assign([place(1)], true);
    await turn();
    assignment.assign([place(1), place(2)], true);
    assignment.assign([place(1)], true);
    await answer();
    expect(events).toEqual(["assigned 1", "opened 1@10"]);
  });

  it("given an answer without a position, then that is a failure that names the partition", async () => {
    const failures: unknown[] = [];
    const assignment = createAssignment(
      { onAssigned: async () => [], onRevoked: async () => {} },
      { onOpened: () => {}, onFailure: (error) => failures.push(error) },
    );
    assignment.assign([place(4)], true);
    await assignment.idle();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toBeInstanceOf(LogError);
    expect(String(failures[0])).toContain("t/4");
  });
});
