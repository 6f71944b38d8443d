import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { holdSessions, type SessionRequest } from "../src/clickhouse/sessions.ts";

interface Opened {
  readonly number: number;
  isClosed: boolean;
  close(): void;
}

function given() {
  const opened: Opened[] = [];
  const sessions = holdSessions(() => {
    const one: Opened = {
      number: opened.length,
      isClosed: false,
      close: () => {
        one.isClosed = true;
      },
    };
    opened.push(one);
    return one;
  });
  const within = (request: Partial<SessionRequest>, work = async (session: Opened) => session.number) =>
    sessions.within({ id: "a", timeoutSeconds: 60, mustExist: false, ...request }, work);
  return { opened, sessions, within };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("sessions that outlast a request", () => {
  test("given two requests of one session, then they have the same one, and another session has another", async () => {
    const { within } = given();
    expect(await within({})).toBe(0);
    expect(await within({ id: "b" })).toBe(1);
    expect(await within({})).toBe(0);
  });

  test("given nobody asks for as long as the timeout, then the session is closed, and not before", async () => {
    const { opened, within } = given();
    await within({ timeoutSeconds: 10 });
    vi.advanceTimersByTime(9_999);
    await within({ timeoutSeconds: 10 });
    vi.advanceTimersByTime(9_999);
    expect(opened[0]?.isClosed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(opened[0]?.isClosed).toBe(true);
    expect(await within({})).toBe(1);
  });

  test("given a request that takes longer than the timeout, then its session stays open for it", async () => {
    const { opened, within } = given();
    await within({ timeoutSeconds: 1 });
    await within({ timeoutSeconds: 1 }, async () => vi.advanceTimersByTime(5_000).getTimerCount());
    expect(opened[0]?.isClosed).toBe(false);
  });

  test("given a session in use, when asked for, then it is locked; after a failure it is free again", async () => {
    const { within } = given();
    const first = within({}, async () => {
      await expect(within({})).rejects.toThrow(/^Code: 373.*SESSION_IS_LOCKED/);
      throw new Error("failed");
    });
    await expect(first).rejects.toThrow("failed");
    expect(await within({})).toBe(0);
  });

  test("given a session that has to exist and does not, or too long a timeout, then none is begun", async () => {
    const { opened, within } = given();
    await expect(within({ mustExist: true })).rejects.toThrow(/^Code: 372.*SESSION_NOT_FOUND/);
    await expect(within({ timeoutSeconds: 3_601 })).rejects.toThrow(/^Code: 374/);
    await expect(within({ timeoutSeconds: Number.NaN })).rejects.toThrow(/^Code: 374/);
    expect(opened).toEqual([]);
  });

  test("given sessions, when all are closed, then none is left for a timeout", async () => {
    const { opened, sessions, within } = given();
    await within({});
    await within({ id: "b" });
    sessions.close();
    expect(opened.map((one) => one.isClosed)).toEqual([true, true]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
