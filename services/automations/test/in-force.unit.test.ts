import type { SegmentChange } from "@tidemark/contracts";
import { describe, expect, test } from "vitest";
import { automationsInForce } from "../src/in-force.ts";
import { definitionsWith, segmentChange } from "./samples.ts";

const act = [{ webhook: "crm" }];
const automations = [
  { kind: "automation", id: "entered", on: { enters: "loyal" }, do: act },
  { kind: "automation", id: "entered-always", on: { enters: "loyal" }, historic: true, do: act },
  { kind: "automation", id: "left", on: { leaves: "loyal" }, do: act },
  { kind: "automation", id: "moved", on: { moves: "tier" }, do: act },
  { kind: "automation", id: "moved-up", on: { moves: "tier", to: ["vip", "regular"] }, do: act },
  { kind: "automation", id: "account", on: { enters: "big-account" }, do: act },
];
const inForce = automationsInForce(definitionsWith(...automations));
const tier = { definitionKind: "classification", definition: "tier" } as const;

describe("automations that a change sets off", () => {
  test.each<[string, Partial<SegmentChange>, string[], string[]]>([
    ["a customer enters", {}, ["entered", "entered-always"], []],
    ["a customer enters in history", { historic: true }, ["entered-always"], ["entered"]],
    ["a customer leaves", { from: "in", to: "out" }, ["left"], []],
    [
      "a customer is erased",
      { from: "in", to: "out", cause: "erased", causeEvent: "customer.erased" },
      [],
      [],
    ],
    [
      "a customer is merged",
      { from: "in", to: "out", cause: "merge", causeEvent: "customer.merged" },
      [],
      [],
    ],
    [
      "one takes over",
      { from: "in", to: "out", cause: "merge", causeEvent: "customer.absorbed" },
      ["left"],
      [],
    ],
    ["a customer leaves in history", { from: "in", to: "out", historic: true }, [], ["left"]],
    ["somebody enters another segment", { definition: "loyal-too" }, [], []],
    ["a company enters what is about customers", { subjectKind: "company" }, [], []],
    ["a company enters", { definition: "big-account", subjectKind: "company" }, ["account"], []],
    ["a customer enters what is about companies", { definition: "big-account" }, [], []],
    ["a customer moves up", { ...tier, from: "regular", to: "vip" }, ["moved", "moved-up"], []],
    ["a customer moves down", { ...tier, from: "regular", to: "occasional" }, ["moved"], []],
    ["a customer is first seen", { ...tier, from: null, to: "regular" }, ["moved", "moved-up"], []],
    [
      "a category is called like a segment",
      { definition: "loyal", definitionKind: "classification" },
      [],
      [],
    ],
  ])("given that %s", (_, given, acting, leaving) => {
    const { act, leave } = inForce.matches(segmentChange(given));
    expect(act.map(({ id }) => id)).toEqual(acting);
    expect(leave.map(({ id }) => id)).toEqual(leaving);
  });
});
