import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { interactionNormaliser } from "../../../services/interactions/src/interaction.ts";
import { cloudEventNormaliser } from "../src/cloud-event.ts";
import { admitted, createCurrencies, type Normalise } from "../src/index.ts";

/** The conformance suite of the specification, where the third-party data are. */
const suite = new URL("../../../../shared/data/payloads/cloudevents/", import.meta.url);
const hasSuite = existsSync(suite);
if (!hasSuite) console.warn("skipped: the CloudEvents conformance suite is not there");

const read = (file: string) => JSON.parse(readFileSync(new URL(file, suite), "utf8"));

const at = Date.UTC(2026, 2, 1);

/** What is handed on to the service, or the paths at fault. */
function handedOn(raw: unknown, headers: Readonly<Record<string, string>> = {}, isOwnShape = false): unknown {
  let given: unknown;
  const inner: Normalise = (event) => {
    given = event;
    return admitted([]);
  };
  const context = {
    key: null,
    timestamp: at,
    isOwnShape,
    headers: Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)] as const),
  };
  const result = cloudEventNormaliser("name", inner)(raw, at, context);
  return result.outcome === "refused" ? result.faults.map(({ path }) => path) : given;
}

const minimal = { specversion: "1.0", id: "e-1", source: "/shop", type: "page.viewed" };

describe("given a CloudEvent", () => {
  it("its data are the record, and its attributes fill what they lack", () => {
    const event = { ...minimal, time: "2026-02-28T12:00:00Z", data: { customerId: "c-7" } };
    const expected = {
      name: "page.viewed",
      occurredAt: "2026-02-28T12:00:00Z",
      eventId: "/shop#e-1",
      customerId: "c-7",
    };
    expect(handedOn(event)).toEqual(expected);
  });

  it("what its data say themselves holds", () => {
    const data = { name: "cart.updated", occurredAt: 5, eventId: "own" };
    expect(handedOn({ ...minimal, time: "2026-02-28T12:00:00Z", data })).toEqual(data);
  });

  it("data in base64 are read, and what is no object is at fault", () => {
    const base64 = Buffer.from('{"customerId":"c-7"}').toString("base64");
    expect(handedOn({ ...minimal, data_base64: base64 })).toMatchObject({ customerId: "c-7" });
    expect(handedOn({ ...minimal, data_base64: "####" })).toEqual(["data_base64"]);
    expect(handedOn({ ...minimal, data: [1] })).toEqual(["data"]);
  });

  it("all its faults are told at once", () => {
    const event = { specversion: "0.3", id: "", source: "/shop", type: 5, time: "noon", Extra: 1 };
    expect(handedOn(event)).toEqual(["specversion", "id", "type", "time", ""]);
  });

  it("an id that would be too long for an event's is left out", () => {
    expect(handedOn({ ...minimal, source: "s".repeat(253) })).not.toHaveProperty("eventId");
    // 252 and # and e-1 are 256 characters.
    expect(handedOn({ ...minimal, source: "s".repeat(252) })).toHaveProperty("eventId");
  });

  it("in binary mode the headers are its attributes", () => {
    const headers = { ce_specversion: "1.0", ce_id: "e-1", CE_Source: "/shop", ce_type: "page.viewed" };
    const expected = { name: "page.viewed", eventId: "/shop#e-1", customerId: "c-7" };
    expect(handedOn({ customerId: "c-7" }, headers)).toEqual(expected);
    expect(handedOn({ customerId: "c-7" }, { ...headers, ce_id: "" })).toEqual(["headers.ce_id"]);
  });

  it("headers of other sorts, and Avro of the topic's own record, are left alone", () => {
    const record = { customerId: "c-7" };
    expect(handedOn(record, { ce_id: "e-1" })).toEqual(record);
    expect(handedOn(record, { ce_specversion: "1.0", ce_id: "e-1" }, true)).toEqual(record);
  });

  it("the service reads it like any other record", () => {
    const currencies = createCurrencies({ workspace: "EUR", rates: "", zone: "UTC" });
    const normalise = cloudEventNormaliser("name", interactionNormaliser(currencies));
    const event = { ...minimal, time: "2026-02-28T12:00:00Z", data: { customerId: "c-7" } };
    expect(normalise(event, at)).toMatchObject({
      outcome: "admitted",
      events: [
        { subject: "c-7", name: "page.viewed", occurredAt: Date.UTC(2026, 1, 28, 12), eventId: "/shop#e-1" },
      ],
    });
  });
});

describe.skipIf(!hasSuite)("given the CloudEvents conformance suite", () => {
  interface Case {
    readonly id: string;
    readonly event: Readonly<Record<string, unknown>>;
  }
  const cases = (file: string): readonly Case[] => (hasSuite ? read(file).tests : []);

  // Text is no record of ours, so that valid event has a fault of its own: in its data.
  it.each(cases("valid-events.json").map((one) => [one.id, one.event] as const))(
    "%s is read",
    (id, event) => {
      const expected = id === "validSimpleTextData" ? ["data"] : { name: event.type };
      expect(handedOn(event)).toMatchObject(expected);
    },
  );

  // Without `specversion` nothing says that it is one.
  it.each(
    cases("invalid-events.json")
      .filter(({ id }) => id !== "invalidNoSpecVersion")
      .map((one) => [one.id, one.event] as const),
  )("%s is refused", (_, event) => {
    expect(handedOn(event)).toBeInstanceOf(Array);
  });

  it("its events in both modes of Kafka's binding carry the same", () => {
    const { binary, structured } = read("kafka-protocol-binding.json");
    const expected = {
      name: "com.example.someevent",
      occurredAt: "2018-04-05T03:56:24Z",
      eventId: "/mycontext/subcontext#1234-1234-1234",
      message: "Hello World!",
    };
    expect(handedOn(JSON.parse(binary.payload), binary.headers)).toEqual(expected);
    expect(handedOn(JSON.parse(structured.payload))).toEqual(expected);
  });
});
