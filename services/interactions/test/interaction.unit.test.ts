import { createCurrencies } from "@tidemark/intake";
import { describe, expect, it } from "vitest";
import { interactionNormaliser } from "../src/interaction.ts";

const at = 1_772_357_400_000;
const normalise = interactionNormaliser(
  createCurrencies({ workspace: "EUR", rates: '{"USD":0.5}', zone: "UTC" }),
);
const good = { name: "page.viewed", customerId: "c-7", occurredAt: at };

function properties(raw: object): unknown {
  const result = normalise({ ...good, ...raw }, at);
  return result.outcome === "admitted" ? JSON.parse(result.events[0]?.properties ?? "null") : result;
}

function refusal(raw: object) {
  const result = normalise({ ...good, ...raw }, at);
  return result.outcome === "refused"
    ? { reason: result.reason, paths: result.faults.map(({ path }) => path) }
    : result;
}

describe("given an interaction", () => {
  it("it becomes an event of each subject that it names", () => {
    const raw = { ...good, companyId: "acme", eventId: 12, properties: '{"path":"/sale"}' };
    const event = {
      name: "page.viewed",
      occurredAt: at,
      eventId: "12",
      attributes: null,
      properties: '{"path":"/sale"}',
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

  it.each([["page.viewed"], ["login"], ["email.link_clicked"], ["app2.screen-opened.v3"]])(
    "%s is a name",
    (name) => {
      expect(properties({ name })).toEqual({});
    },
  );

  it.each([
    ["in upper case", "Page.Viewed"],
    ["with a space", "page viewed"],
    ["with two dots", "page..viewed"],
    ["that ends on a dot", "page."],
    ["that begins with a digit", "2page"],
    ["too long", "x".repeat(101)],
    ["of an order, which have a topic of their own", "order.placed"],
    ["that is empty", ""],
    ["that is none", 5],
    ["that is missing", undefined],
  ])("a name %s is refused", (_, name) => {
    expect(refusal({ name })).toEqual({ reason: "invalid", paths: ["name"] });
  });

  it("the score of feedback is a number, also where it came as text", () => {
    expect(properties({ name: "feedback.given", properties: { score: "4.5", text: "9" } })).toEqual({
      score: 4.5,
      text: "9",
    });
    expect(properties({ name: "feedback.given", properties: { text: "no score" } })).toEqual({
      text: "no score",
    });
    expect(refusal({ name: "feedback.given", properties: { score: "good" } })).toEqual({
      reason: "invalid",
      paths: ["properties.score"],
    });
  });

  it("the cost of a campaign is a number in the workspace's currency", () => {
    expect(properties({ name: "campaign.sent", properties: { cost: "0.09" } })).toEqual({
      cost: 0.09,
      currency: "EUR",
    });
    expect(properties({ name: "campaign.sent", properties: { cost: 0.09, currency: "USD" } })).toEqual({
      cost: 0.045,
      currency: "EUR",
      originalCurrency: "USD",
      originalCost: 0.09,
    });
    expect(refusal({ name: "campaign.sent", properties: { cost: 1, currency: "CHF" } })).toEqual({
      reason: "no-rate",
      paths: ["properties.currency"],
    });
    expect(refusal({ name: "campaign.sent", properties: { cost: {} } })).toEqual({
      reason: "invalid",
      paths: ["properties.cost"],
    });
  });

  it("score and cost mean nothing in other events", () => {
    expect(properties({ properties: { score: "good", cost: "high" } })).toEqual({
      score: "good",
      cost: "high",
    });
  });

  it("nobody it is about is refused as unattributed", () => {
    expect(refusal({ customerId: "  " })).toEqual({ reason: "unattributed", paths: ["customerId"] });
  });
});
