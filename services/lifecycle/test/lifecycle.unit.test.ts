import { ConfigError } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { dateReader } from "../src/date-formats.ts";
import { lifecycleNormaliser } from "../src/lifecycle.ts";

const at = 1_772_357_400_000;
const normalise = lifecycleNormaliser(dateReader(["yyyy/M/d"], ["birthDate", "pet.born"]));
const good = { name: "profile.updated", customerId: "c-7", occurredAt: at };

function attributes(value: unknown): unknown {
  const result = normalise({ ...good, attributes: value }, at);
  return result.outcome === "admitted" ? JSON.parse(result.events[0]?.attributes ?? "null") : result;
}

function refusal(raw: object) {
  const result = normalise({ ...good, ...raw }, at);
  return result.outcome === "refused"
    ? { reason: result.reason, paths: result.faults.map(({ path }) => path) }
    : result;
}

describe("given a lifecycle event", () => {
  it("it becomes an event of each subject, with what it sets and unsets", () => {
    const raw = {
      ...good,
      companyId: "acme",
      attributes: '{"email":null,"subscription":{"plan":"gold","price":9.99999}}',
      properties: { source: "import" },
    };
    const event = {
      name: "profile.updated",
      occurredAt: at,
      eventId: null,
      attributes: '{"email":null,"subscription":{"plan":"gold","price":9.99999}}',
      properties: '{"source":"import"}',
      order: null,
    };
    expect(normalise(raw, at)).toEqual({
      outcome: "admitted",
      events: [
        { subject: "c-7", subjectKind: "customer", ...event },
        { subject: "acme", subjectKind: "company", ...event },
      ],
    });
  });

  it.each([[undefined], [null], [""]])("attributes that are %j set nothing", (value) => {
    expect(attributes(value)).toBeNull();
  });

  const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });

  it.each([
    ["a list", [1], ["attributes"]],
    ["too deep", deep(9), ["attributes.a.a.a.a.a.a.a.a"]],
    ["too many", Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`k${n}`, n])), ["attributes"]],
    ["too long", { note: "x".repeat(4_097) }, ["attributes.note"]],
    ["not finite", '{"n":1e999,"m":{"":1}}', ["attributes.n", "attributes.m"]],
  ])("attributes that are %s are refused", (_, value, paths) => {
    expect(refusal({ attributes: value })).toMatchObject({ paths });
  });

  it("attributes too large in all are refused", () => {
    const value = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`k${n}`, "x".repeat(4_000)]));
    expect(refusal({ attributes: value })).toEqual({ reason: "too-large", paths: ["attributes"] });
  });

  it("the four events of orders belong to another topic", () => {
    expect(refusal({ name: "order.placed" })).toEqual({ reason: "invalid", paths: ["name"] });
  });
});

describe("given a date in an attribute", () => {
  it.each([
    ["a day", "1990-05-17", "1990-05-17"],
    ["a day without its zeros", "1990-5-7", "1990-05-07"],
    ["a day with slashes, year first", "1990/5/17", "1990-05-17"],
    ["an instant in UTC", "2026-05-17T10:00:00Z", "2026-05-17T10:00:00.000Z"],
    ["an instant in another zone", "2026-05-17T10:00:00+02:00", "2026-05-17T08:00:00.000Z"],
    ["an instant as databases have it", "2026-05-17 10:00:00.123456+00", "2026-05-17T10:00:00.123Z"],
  ])("%s is written in one way", (_, text, expected) => {
    expect(attributes({ trialEnds: text, nested: { list: [text] } })).toEqual({
      trialEnds: expected,
      nested: { list: [expected] },
    });
  });

  it.each([
    ["a day that does not exist", "2025-02-30"],
    ["the zero date", "0000-00-00"],
    ["a local time, which the zone of a definition decides", "2026-05-17T10:00:00"],
    ["month or day first, which nobody said", "4/8/1966"],
    ["day first with dots, which nobody said", "17.5.1990"],
    ["eight digits, which may be anything", "19900517"],
    ["a telephone number", "030-1234-56"],
    ["a version", "1.2.2026-rc1"],
    ["other text", "next spring"],
    ["nothing", ""],
  ])("%s stays as it is", (_, text) => {
    expect(attributes({ value: text })).toEqual({ value: text });
  });

  it("numbers stay numbers", () => {
    expect(attributes({ since: 1_772_357_400_000, zero: 0 })).toEqual({ since: 1_772_357_400_000, zero: 0 });
  });

  it.each([
    "1990-05-17T00:00:00Z",
    "1990-05-17T00:00:00.000+02:00",
    "1990-05-17T00:00:00",
    "1990-05-17 00:00",
    "1990/5/17 0:00:00",
  ])("midnight in an attribute that is a day (%s) is that day and no instant", (text) => {
    expect(attributes({ birthDate: text, pet: { born: text } })).toEqual({
      birthDate: "1990-05-17",
      pet: { born: "1990-05-17" },
    });
  });

  it("another time in an attribute that is a day stays an instant", () => {
    expect(attributes({ birthDate: "1990-05-17T22:00:00Z" })).toEqual({
      birthDate: "1990-05-17T22:00:00.000Z",
    });
  });

  it.each([
    ["M/d/yyyy", "4/8/1966", "1966-04-08"],
    ["M/d/yyyy", "04/08/1966", "1966-04-08"],
    ["d/M/yyyy", "4/8/1966", "1966-08-04"],
    ["d.M.yyyy", "17.5.1990", "1990-05-17"],
    ["yyyyMMdd", "19900517", "1990-05-17"],
    ["M/d/yyyy", "13/1/1990", "13/1/1990"],
    ["yyyyMMdd", "19901301", "19901301"],
  ])("where %s is a setting, %s is read as %s", (format, text, expected) => {
    expect(dateReader([format], [])(text, ["attributes", "x"])).toBe(expected);
  });

  it("formats that are unknown or contradict each other are refused", () => {
    expect(() => dateReader(["M/d/yyyy", "d/M/yyyy"], [])).toThrow(ConfigError);
    expect(() => dateReader(["yy-m-d", "yyyy/M/d"], [])).toThrow('"yy-m-d"');
  });
});

describe("given a lifecycle event about who is who", () => {
  it.each([
    ["customer.erased", { customerId: "c-7", companyId: "acme" }, "customer", "c-7", { type: "erasure" }],
    ["company.erased", { customerId: "c-7", companyId: " acme " }, "company", "acme", { type: "erasure" }],
    [
      "customer.merged",
      { customerId: 7, intoCustomerId: 8, companyId: "acme" },
      "customer",
      "7",
      { type: "merge", into: "8" },
    ],
    [
      "company.merged",
      { companyId: "acme", intoCompanyId: "acme-eu" },
      "company",
      "acme",
      { type: "merge", into: "acme-eu" },
    ],
  ])("%s is about the one that its name says", (name, ids, subjectKind, subject, identity) => {
    expect(normalise({ name, occurredAt: at, ...ids }, at)).toMatchObject({
      outcome: "admitted",
      events: [{ name, subjectKind, subject, occurredAt: at, identity }],
    });
  });

  it.each([
    ["customer.erased", { customerId: null }, ["customerId"]],
    ["customer.erased", { customerId: {} }, ["customerId"]],
    ["company.erased", {}, ["companyId"]],
    ["customer.merged", {}, ["intoCustomerId"]],
    ["customer.merged", { customerId: "", intoCustomerId: " " }, ["customerId", "intoCustomerId"]],
    ["customer.merged", { intoCustomerId: " c-7" }, ["intoCustomerId"]],
    ["customer.merged", { intoCustomerId: "c-8", occurredAt: "yesterday" }, ["occurredAt"]],
  ])("%s with %j is refused", (name, ids, paths) => {
    expect(refusal({ name, ...ids })).toMatchObject({ paths });
  });
});
