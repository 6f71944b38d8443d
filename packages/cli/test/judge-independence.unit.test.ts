/** What the judge shares with the services: the schemas. */
import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const folder = new URL("../src/judge/", import.meta.url);

describe("given the sources of the judge, when their imports are listed", () => {
  it("then they are its own files, Node's, and clients that anybody has", () => {
    const files = globSync("**/*.ts", { cwd: folder });
    expect(files.length).toBeGreaterThan(20);
    const foreign = files.flatMap((file) => {
      const url = new URL(file, folder);
      const imports = [...readFileSync(url, "utf8").matchAll(/\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/g)];
      return imports
        .map(([, from, dynamic]) => from ?? dynamic ?? "")
        .filter((name) => !name.startsWith(".") || !new URL(name, url).href.startsWith(folder.href))
        .filter((name) => !name.startsWith("node:"));
    });
    expect([...new Set(foreign)].sort()).toEqual(["@clickhouse/client", "avsc", "kafkajs"]);
  });
});
