/** A consumer group as its coordinator sees it: who is a member, and who reads what, generation by generation. */
import { type CommitPosition, LogError, type TopicPartition } from "@tidemark/runtime";
import type { MemoryBroker } from "@tidemark/testkit";
import type { Host } from "./host.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

export interface GroupMember {
  readonly host: Host;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  /** The generation that the member knows of. */
  generation: number;
  /** A new generation, and all that the member reads in it. */
  assign(generation: number, partitions: readonly TopicPartition[]): void;
  /** The coordinator does not know the member any more. */
  expel(): void;
}

export interface Group {
  join(member: GroupMember): void;
  leave(member: GroupMember): void;
  /** Throws `LogError` where the member is none any more, or the generation that it was sent under is over. */
  commit(member: GroupMember, generation: number, positions: readonly CommitPosition[]): void;
  /** Everything is assigned anew, to others where there are any. */
  shake(): void;
  /** Members of this host are silent from now on. */
  silent(host: Host): void;
}

const rebalanceDelayMs = { least: 10, most: 250 };

export function createGroup(name: string, broker: MemoryBroker, scheduler: Scheduler, random: Random): Group {
  let members: GroupMember[] = [];
  let generation = 0;
  let turn = 0;
  let isDue = false;

  const rebalance = (): void => {
    isDue = false;
    generation += 1;
    const shares = new Map<GroupMember, TopicPartition[]>(members.map((member) => [member, []]));
    for (const topic of new Set(members.flatMap(({ topics }) => topics))) {
      const interested = members.filter(({ topics }) => topics.includes(topic));
      for (const partition of broker.partitions(topic).keys()) {
        const member = interested[(partition + turn) % interested.length];
        if (member !== undefined) shares.get(member)?.push({ topic, partition });
      }
    }
    const current = generation;
    for (const [member, share] of shares) {
      // Each hears of it on its own: for a while two believe that they read the same.
      const delayMs = random.chance(0.2) ? random.whole(200, 1_500) : random.whole(1, 60);
      scheduler.after(delayMs, `${member.host.name} hears of ${name} ${current}`, () =>
        member.host.deliver(() => {
          if (members.includes(member) && member.generation < current) member.assign(current, share);
        }),
      );
    }
  };
  const soon = (): void => {
    if (isDue) return;
    isDue = true;
    const delayMs = random.whole(rebalanceDelayMs.least, rebalanceDelayMs.most);
    scheduler.after(delayMs, `${name} rebalances`, rebalance);
  };
  const remove = (member: GroupMember): void => {
    if (!members.includes(member)) return;
    members = members.filter((other) => other !== member);
    soon();
  };

  /** Nobody hears from it for as long as its session lasts: it is counted out. */
  const miss = (member: GroupMember): void => {
    const { host, sessionTimeoutMs } = member;
    scheduler.after(sessionTimeoutMs, `${name} misses ${host.name}`, () => {
      if (host.isAlive() && !host.isPaused()) return;
      remove(member);
      // It hears so only when it goes on, and not at once.
      host.deliver(() =>
        scheduler.after(random.whole(1, 1_200), `${host.name} is expelled`, () =>
          host.deliver(() => member.expel()),
        ),
      );
    });
  };

  return {
    join(member) {
      // Where it left and nobody heard of it, it was one all the time.
      if (!members.includes(member)) members.push(member);
      // What a process sent before it ended arrives all the same.
      if (!member.host.isAlive() || member.host.isPaused()) miss(member);
      soon();
    },
    leave: remove,
    commit(member, sentUnder, positions) {
      if (!members.includes(member) || sentUnder !== generation)
        throw new LogError("retry", `the member of ${name} is of an old generation`);
      broker.commit(name, positions);
    },
    shake() {
      turn += 1;
      soon();
    },
    silent(host) {
      for (const member of members.filter((one) => one.host === host)) miss(member);
    },
  };
}
