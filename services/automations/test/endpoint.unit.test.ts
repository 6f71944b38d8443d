import { ConfigError } from "@tidemark/runtime";
import { describe, expect, test } from "vitest";
import { readEndpoints } from "../src/endpoint.ts";

const secret = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;

function faultsOf(text: string): readonly string[] {
  try {
    readEndpoints(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe("where webhooks go", () => {
  test("given names with address and secret, then each is an endpoint", () => {
    const endpoints = readEndpoints(
      JSON.stringify({
        crm: { url: "https://crm.example/hooks?to=tidemark", secret },
        "chat-bot": { url: "http://127.0.0.1:7107", secret },
      }),
    );
    expect([...endpoints.values()]).toEqual([
      { name: "crm", url: "https://crm.example/hooks?to=tidemark", key: Buffer.alloc(24, 1) },
      { name: "chat-bot", url: "http://127.0.0.1:7107/", key: Buffer.alloc(24, 1) },
    ]);
    expect(readEndpoints("{}").size).toBe(0);
  });

  test("given several faults, then all are told at once, each with its place and what was expected", () => {
    const text = JSON.stringify({
      crm: { url: "ftp://files.example/hooks", secret: "hunter2-hunter2" },
      "Chat Bot": { url: "https://chat.example", secret },
      mail: { url: "not an address", token: "abc" },
      push: "https://push.example",
      pull: { url: "https://me:hunter2@pull.example", secret },
    });
    expect(faultsOf(text)).toEqual([
      'AUTOMATIONS_WEBHOOKS: "url" of "crm" is of another scheme; expected an address that begins with http:// or https://',
      'AUTOMATIONS_WEBHOOKS: "secret" of "crm" is not such a secret; expected whsec_ and base64 of 24 to 64 bytes',
      'AUTOMATIONS_WEBHOOKS: the name "Chat Bot" is not in kebab-case; expected a name such as crm, at most 100 characters',
      'AUTOMATIONS_WEBHOOKS: the key "token" of "mail" is unknown; expected "url" or "secret"',
      'AUTOMATIONS_WEBHOOKS: "url" of "mail" is no address; expected an address that begins with http:// or https://',
      'AUTOMATIONS_WEBHOOKS: "secret" of "mail" is missing; expected whsec_ and base64 of 24 to 64 bytes',
      'AUTOMATIONS_WEBHOOKS: "push" is a string; expected a mapping of "url" and "secret"',
      'AUTOMATIONS_WEBHOOKS: "url" of "pull" is one with a user or password; expected an address that begins with http:// or https:// without them; the signature says who sends',
    ]);
  });

  test.each([
    ["text that is no JSON", '{"crm":{"url":"https://crm.example","secret":"hunter2"}'],
    ["text that is not even close", "hunter2"],
    ["a list", '["hunter2"]'],
    ["a number", "5"],
    ["null", "null"],
    ["a secret that is none", '{"crm":{"url":"https://crm.example/hunter2","secret":"hunter2"}}'],
    ["an address that is none", '{"crm":{"url":"hunter2","secret":"whsec_"}}'],
  ])("given %s, then it is refused and neither address nor secret is in the message", (_, text) => {
    const faults = faultsOf(text);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.join("\n")).not.toContain("hunter2");
  });
});
