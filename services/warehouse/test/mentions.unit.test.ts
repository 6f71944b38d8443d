import { describe, expect, it } from "vitest";
import { namedInBytes, namedInValue, rawMentions, valueMentions } from "../src/erasure/mentions.ts";

const ann = { kind: "customer", id: "ann-4711" } as const;
const seven = { kind: "customer", id: "7" } as const;

describe("a dead letter is about a subject", () => {
  it.each<[string, unknown, boolean]>([
    ["its id in a field", { customerId: "ann-4711" }, true],
    ["its id in a field of any name, deep down", { a: [{ b: { c: " ann-4711 " } }] }, true],
    ["its key", { subject: "customer:ann-4711" }, true],
    ["its id within JSON in text", { properties: '{"who":"ann-4711"}' }, true],
    ["its id as the name of a field", { byCustomer: { "ann-4711": 3 } }, true],
    ["an id that begins like it", { customerId: "ann-47110" }, false],
    ["its id as a company", { subject: "company:ann-4711" }, false],
    ["nobody", { total: -1, items: [null, true] }, false],
  ])("where it holds %s: %j", (_, value, expected) => {
    expect(valueMentions(value, ann)).toBe(expected);
  });

  it.each<[unknown, boolean]>([
    [{ customerId: 7 }, true],
    [{ customerId: "7" }, true],
    [{ CustomerNo: "7" }, true],
    [{ subject: "8", into: "7" }, true],
    [{ subject: "8", from: "7" }, true],
    [{ quantity: 7, price: "7" }, false],
    [{ customerId: 70 }, false],
  ])("a short id counts only where an id stands: %j", (value, expected) => {
    expect(valueMentions(value, seven)).toBe(expected);
  });

  it.each<[string, boolean]>([
    ['{"customerId":"ann-4711","total":', true],
    ["\u0000\u0000\u0000\u0000\u0001\u0010ann-4711\u0002", true],
    ["ann-471", false],
  ])("bytes that nobody can read: %j", (text, expected) => {
    expect(rawMentions(Buffer.from(text), ann)).toBe(expected);
  });

  it.each<[string, boolean]>([
    ['{"customerId":7,', true],
    ['{"customerId":"7",', true],
    ['{"total":17,"x":70', false],
    ["ł7", false],
  ])("of a short id in such bytes only as a word: %j", (text, expected) => {
    expect(rawMentions(Buffer.from(text), seven)).toBe(expected);
  });

  it.each<[string, unknown]>([
    ["a field", { customerId: " ann-4711 " }],
    ["a key", { subject: "customer:ann-4711" }],
    ["JSON within text", { properties: '{"who":"ann-4711"}' }],
    ["JSON within text that is cut off", { properties: '{"who":"ann-4711' }],
    ["the name of a field", { byCustomer: { "ann-4711": 3 } }],
    ["a number", { customerId: 7 }],
  ])("whoever is found by an id in %s is among those that may be named", (_, value) => {
    const named = namedInValue(value);
    expect([ann, seven].filter((one) => valueMentions(value, one))).toHaveLength(1);
    for (const one of [ann, seven].filter((subject) => valueMentions(value, subject)))
      expect(named).toContainEqual(one);
  });

  it("of bytes that nobody can read each word may be a name, and what has signs between words", () => {
    const named = namedInBytes(Buffer.from('\u0000\u0010ann-4711\u0002{"n":7,'));
    expect(named).toEqual(expect.arrayContaining([ann, seven]));
  });
});
