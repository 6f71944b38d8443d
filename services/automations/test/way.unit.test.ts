import { describe, expect, test } from "vitest";
import type { Step } from "../src/batch.ts";
import { createWay } from "../src/way.ts";
import type { Webhook } from "../src/webhook.ts";
import { changeRecord, webhook } from "./samples.ts";

const place = (offset: number) => ({ offset, cursor: { sequence: offset, epoch: 1 } });
const step = (offset: number, ...webhooks: readonly Webhook[]): Step => ({
  record: changeRecord(offset, Buffer.from("a change")),
  webhooks,
  before: place(offset),
});
const to = (id: string, endpoint: string, subject: string) => webhook({ id, endpoint, subject });
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** An endpoint that settles a message when it is told to. */
function scene() {
  const started: string[] = [];
  const open = new Map<string, (isSettled: boolean) => void>();
  const way = createWay(
    "crm",
    place(0),
    ({ id }) => {
      started.push(id);
      return new Promise((resolve) => open.set(id, resolve));
    },
    (error) => {
      throw error;
    },
  );
  const settle = async (id: string, isSettled = true) => {
    open.get(id)?.(isSettled);
    await turn();
  };
  return { way, started, settle };
}

describe("the way to an endpoint", () => {
  test("given messages of several subjects, then those of one go one by one, and the place is that of the first not settled", async () => {
    const { way, started, settle } = scene();
    way.take(
      [
        step(0, to("a1", "crm", "ann"), to("x", "chat", "ann")),
        step(1),
        step(2, to("b1", "crm", "bob")),
        step(3, to("a2", "crm", "ann"), to("a3", "crm", "ann")),
      ],
      place(4),
    );
    await turn();
    expect(started).toEqual(["a1", "b1"]);
    await settle("b1");
    expect(way.settled()).toEqual(place(0));
    await settle("a1");
    expect(started).toEqual(["a1", "b1", "a2"]);
    expect(way.settled()).toEqual(place(3));
    await settle("a2");
    expect(way.settled()).toEqual(place(3));
    expect(way.inHand()).toBe(1);
    await settle("a3");
    expect(way.settled()).toEqual(place(4));
    await way.idle();
    // A later one of the same subject waits for nobody.
    way.take([step(4, to("a4", "crm", "ann"))], place(5));
    await turn();
    expect(started.at(-1)).toBe("a4");
  });

  test("given one that was abandoned, then its subject goes no further, others do, and the place stays", async () => {
    const { way, started, settle } = scene();
    way.take(
      [
        step(0, to("a1", "crm", "ann")),
        step(1, to("b1", "crm", "bob")),
        step(2, to("c1", "crm", "cat")),
        step(3, to("b2", "crm", "bob")),
      ],
      place(4),
    );
    await turn();
    await settle("a1");
    await settle("b1", false);
    await settle("c1");
    await way.atRest();
    expect(started).toEqual(["a1", "b1", "c1"]);
    expect(way.settled()).toEqual(place(1));
  });

  test("given nothing for the endpoint, then its place is behind what was taken", () => {
    const { way } = scene();
    way.take([step(0, to("x", "chat", "ann")), step(1)], place(2));
    expect(way.settled()).toEqual(place(2));
    expect(way.inHand()).toBe(0);
  });
});
