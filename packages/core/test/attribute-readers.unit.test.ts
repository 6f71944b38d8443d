import { describe, expect, it } from "vitest";
import { attributeReaders } from "../src/plan/attribute-readers.ts";

describe("which definitions an attribute concerns", () => {
  const readers = attributeReaders(
    new Map([
      ["address.city", new Set([1, 2])],
      ["address", new Set([2, 3])],
      ["addressee", new Set([4])],
      ["plan.ends.at", new Set([5])],
    ]),
  );

  it.each([
    // What is read itself, what lies above it and what lies below it; each once.
    ["address.city", [1, 2, 3]],
    ["address", [1, 2, 3]],
    ["address.city.name", [1, 2, 3]],
    ["address.street", [2, 3]],
    ["addressee", [4]],
    ["plan", [5]],
    ["plan.ends", [5]],
    // The start of a name is no path, nor is its end.
    ["addr", []],
    ["city", []],
    ["ends.at", []],
    ["plan.end", []],
    ["other.address", []],
  ])("%s concerns %j", (path, expected) => {
    expect(readers.at(path)).toEqual(expected);
  });
});
