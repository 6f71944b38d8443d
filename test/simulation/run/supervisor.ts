/** Keeps the instances of all services running, and does to them what the faults say. */
import type { RunningService } from "@tidemark/runtime";
import { type Fault, type Scenario, type ServiceName, serviceNames } from "../scenario/scenario.ts";
import type { Host } from "../world/host.ts";
import { type ServiceContext, startService } from "./start-service.ts";

interface Slot {
  readonly service: ServiceName;
  readonly instance: number;
  lives: number;
  host: Host | null;
  running: RunningService | null;
}

export interface Supervisor {
  apply(fault: Fault): void;
  /** No more faults: what is down comes up, what is paused goes on, clocks are right. */
  recover(): void;
  /** Faults that hit something, by kind. */
  readonly hits: ReadonlyMap<string, number>;
}

export function supervise(scenario: Scenario, context: ServiceContext): Supervisor {
  const { world } = context;
  const { scheduler, random, weather, shared } = world;
  const hits = new Map<string, number>();
  let isQuiet = false;
  const hit = (name: string): void => void hits.set(name, (hits.get(name) ?? 0) + 1);

  const start = (slot: Slot): void => {
    if (slot.host !== null) return;
    slot.lives += 1;
    const host = world.newHost(`${slot.service}-${slot.instance}#${slot.lives}`);
    slot.host = host;
    startService(slot.service, host, context).then(
      (running) => {
        if (slot.host !== host) return;
        slot.running = running;
        running.ended.catch(() => replace(slot, host, 500));
      },
      () => replace(slot, host, 500),
    );
  };
  const replace = (slot: Slot, host: Host, afterMs: number): void => {
    if (slot.host !== host) return;
    host.crash();
    for (const group of world.groups()) group.silent(host);
    slot.host = null;
    slot.running = null;
    scheduler.after(afterMs, `${slot.service}-${slot.instance} starts`, () => start(slot));
  };

  const slots = serviceNames.flatMap((service) =>
    Array.from(
      { length: scenario.instances[service] },
      (_, instance): Slot => ({ service, instance, lives: 0, host: null, running: null }),
    ),
  );
  const slotOf = (where: { readonly service: ServiceName; readonly instance: number }): Slot | undefined =>
    slots.find(({ service, instance }) => service === where.service && instance === where.instance);
  for (const slot of slots)
    scheduler.after(random.whole(20, 300), `${slot.service}-${slot.instance} starts`, () => start(slot));

  const resume = (host: Host): void => {
    if (host.isPaused()) host.resume();
  };

  function apply(fault: Fault): void {
    switch (fault.fault) {
      case "crash": {
        const slot = slotOf(fault);
        const host = slot?.host;
        host?.afterCalls(fault.afterCalls, () => {
          if (isQuiet || slot === undefined || slot.host !== host) return;
          hit("crash");
          replace(slot, host, fault.downMs);
        });
        return;
      }
      case "pause": {
        const host = slotOf(fault)?.host;
        host?.afterCalls(fault.afterCalls, () => {
          if (isQuiet || host.isPaused() || !host.isAlive()) return;
          hit("pause");
          host.pause();
          for (const group of world.groups()) group.silent(host);
          scheduler.after(fault.forMs, `${host.name} is woken up`, () => resume(host));
        });
        return;
      }
      case "stop": {
        const slot = slotOf(fault);
        const { host, running } = slot ?? {};
        if (slot === undefined || host == null || running == null || host.isPaused()) return;
        hit("stop");
        void running.stop().then(() => replace(slot, host, fault.downMs));
        // A stop that takes too long ends the process all the same.
        scheduler.after(10_000, `${host.name} is ended`, () => replace(slot, host, fault.downMs));
        return;
      }
      case "rebalances": {
        hit("rebalances");
        for (let time = 0; time < fault.times; time += 1)
          scheduler.after(time * fault.everyMs, `${fault.service} is shaken`, () =>
            world.group(`tidemark-${fault.service}`).shake(),
          );
        return;
      }
      case "store-forgets":
      case "store-reconnects":
        // What it was is set down before (see `simulate`).
        hit(fault.fault);
        shared.connection += 1;
        shared.store.reconnect();
        return;
      case "clock": {
        const host = slotOf(fault)?.host;
        if (host) hit("clock");
        host?.skew(fault.aheadMs);
        return;
      }
      case "skip": {
        const host = slotOf(fault)?.host;
        if (host) hit("skip");
        host?.skipOnce();
        return;
      }
      case "weather": {
        hit(`weather ${fault.target}`);
        const end = weather.begin(fault);
        scheduler.after(fault.forMs, `${fault.target} is better`, end);
        return;
      }
      case "leap":
        hit("leap");
        world.leap(fault.byMs);
    }
  }

  return {
    apply,
    hits,
    recover() {
      isQuiet = true;
      weather.clear();
      for (const { host } of slots) {
        host?.skew(0);
        if (host) resume(host);
      }
    },
  };
}
