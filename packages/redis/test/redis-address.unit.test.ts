import { describe, expect, it } from "vitest";
import { readRedisAddress } from "../src/redis-address.ts";

describe("the address of Redis", () => {
  it.each(["redis://127.0.0.1:6379", "rediss://user:secret@redis.example:6380/2"])(
    "given %s, then it is one server",
    (url) => {
      expect(readRedisAddress(url)).toEqual({ kind: "server", url });
    },
  );

  it("given several hosts, then it is a cluster, with the usual port where none is said", () => {
    expect(readRedisAddress("redis+cluster://a.example:7000,b.example,[::1]:7002")).toEqual({
      kind: "cluster",
      seeds: [
        { host: "a.example", port: 7000 },
        { host: "b.example", port: 6379 },
        { host: "::1", port: 7002 },
      ],
      access: { tls: false },
    });
  });

  it("given a user and a password with signs in them, then they are decoded", () => {
    expect(readRedisAddress("rediss+cluster://tm:p%40ss%3Aw@a:1/")).toEqual({
      kind: "cluster",
      seeds: [{ host: "a", port: 1 }],
      access: { tls: true, username: "tm", password: "p@ss:w" },
    });
    expect(readRedisAddress("redis+cluster://:secret@a:1")).toMatchObject({
      access: { tls: false, password: "secret" },
    });
  });

  it.each([
    ["http://a:1", /begins with http:\/\/; expected redis:\/\/host:port/],
    ["a:1", /begins with no scheme/],
    ["redis+cluster://", /host 1 /],
    ["redis+cluster://a:1,,b:2", /host 2 /],
    ["redis+cluster://a:70000", /host 1 /],
    ["redis+cluster://a:1,b:2/3", /host 2 /],
  ])("given %s, then it says what is wrong", (url, message) => {
    expect(() => readRedisAddress(url)).toThrow(message);
  });

  it.each(["redis+cluster://u:geheim@a:x", "redis+cluster://u:geheim", "geheim"])(
    "given a wrong address with a password, then the password is not repeated",
    (url) => {
      let message = "";
      try {
        readRedisAddress(url);
      } catch (error) {
        message = String(error);
      }
      expect(message).toContain("the address of Redis");
      expect(message).not.toContain("geheim");
    },
  );
});
