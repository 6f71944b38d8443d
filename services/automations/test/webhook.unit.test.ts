import { describe, expect, test } from "vitest";
import { webhooksOf } from "../src/webhook.ts";
import { automationOf, noon, segmentChange } from "./samples.ts";

const winBack = automationOf({
  kind: "automation",
  id: "win-back",
  name: "Win back",
  on: { leaves: "loyal" },
  do: [{ webhook: "crm", data: { offer: "ten-percent", codes: [1, 2] } }, { webhook: "chat-bot" }],
});

describe("what a webhook says", () => {
  test("given a change and an automation of two actions, then each is a CloudEvents event with the whole story", () => {
    const change = segmentChange({
      sequence: 204,
      changeId: "17-204",
      subject: "CG-12520",
      from: "in",
      to: "out",
      changesAt: noon + 86_400_000,
      cause: "time",
      causeEvent: null,
      mark: { color: "#e5484d", icon: "hourglass", label: "Win back" },
    });
    const [first, second] = webhooksOf(change, winBack);
    expect(JSON.parse(first!.body())).toEqual({
      specversion: "1.0",
      id: "17-204/win-back/0",
      source: "/tidemark/segments",
      type: "tidemark.segment.left",
      subject: "customer:CG-12520",
      time: "2026-05-01T12:00:00.000Z",
      datacontenttype: "application/json",
      data: {
        customer: "CG-12520",
        definition: { kind: "segment", id: "loyal", version: 7 },
        from: "in",
        to: "out",
        effectiveAt: "2026-05-01T12:00:00.000Z",
        detectedAt: "2026-05-01T12:00:00.250Z",
        changesAt: "2026-05-02T12:00:00.000Z",
        cause: "time",
        causeEvent: null,
        historic: false,
        mark: { color: "#e5484d", icon: "hourglass", label: "Win back" },
        automation: { id: "win-back", name: "Win back" },
        data: { offer: "ten-percent", codes: [1, 2] },
      },
    });
    expect(first).toMatchObject({ endpoint: "crm", subject: "customer:CG-12520" });
    expect(second).toMatchObject({ id: "17-204/win-back/1", endpoint: "chat-bot" });
    expect(JSON.parse(second!.body()).data).toMatchObject({ data: null });
  });

  test.each([
    [segmentChange({}), "tidemark.segment.entered"],
    [segmentChange({ from: "in", to: "out" }), "tidemark.segment.left"],
    [
      segmentChange({ definitionKind: "classification", definition: "tier", from: null, to: "vip" }),
      "tidemark.classification.moved",
    ],
  ])("given the change %#, then its type is told", (change, type) => {
    const [first] = webhooksOf(change, winBack);
    expect(JSON.parse(first!.body()).type).toBe(type);
  });

  test("given a company, then it is named as one", () => {
    const [first] = webhooksOf(segmentChange({ subject: "acme", subjectKind: "company" }), winBack);
    const { subject, data } = JSON.parse(first!.body());
    expect(subject).toBe("company:acme");
    expect(data.company).toBe("acme");
    expect(data).not.toHaveProperty("customer");
  });

  test("given the same change again, then the message is the same to the byte", () => {
    const bodies = () => webhooksOf(segmentChange(), winBack).map(({ id, body }) => [id, body()]);
    expect(bodies()).toEqual(bodies());
  });
});
