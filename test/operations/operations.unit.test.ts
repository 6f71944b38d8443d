import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { dashboard } from "../../scripts/dashboard.ts";
import { serviceSettings, settingsReference } from "../../scripts/settings-reference.ts";
import { type ExportedMetric, exportedMetrics } from "./exported-metrics.ts";
import { readPromQl } from "./promql.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const metrics = await exportedMetrics();
const ours = metrics.filter(({ name }) => name.startsWith("tidemark_"));

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}
const rules: readonly Rule[] = parse(read("infra/alerts/tidemark.rules.yml")).groups.flatMap(
  (group: { readonly rules: readonly Rule[] }) => group.rules,
);

/** Labels that Prometheus and every service add. */
const everywhere = ["service", "instance", "job"];

/** What the expression asks for and no service exports. */
function missing(expression: string): readonly string[] {
  const faults: string[] = [];
  for (const { metric, labels } of readPromQl(expression)) {
    const exported = metrics.filter((one) => seriesOf(one).includes(metric));
    if (exported.length === 0) faults.push(metric);
    for (const label of labels) {
      const isKnown = everywhere.includes(label) || exported.every((one) => one.labels.includes(label));
      if (!isKnown) faults.push(`${metric}{${label}}`);
    }
  }
  return faults;
}

function seriesOf({ name, type }: ExportedMetric): readonly string[] {
  return type === "Histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

describe("given the metrics that services export", () => {
  it("then each of ours says what it is, in a name with its unit, and counters end in _total", () => {
    for (const { name, help, type } of ours) {
      expect(help, name).toMatch(/^[A-Z0-9].*\.$/);
      expect(name.endsWith("_total"), name).toBe(type === "Counter");
      if (type === "Histogram") expect(name).toMatch(/_seconds$/);
    }
  });

  it("then no label may hold what belongs to a subject", () => {
    const allowed = new Set([
      "buffer",
      "cause",
      "method",
      "outcome",
      "partition",
      "reason",
      "route",
      "stage",
      "status",
      "table",
      "topic",
      "verdict",
      "webhook",
    ]);
    const others = ours.flatMap(({ name, labels }) =>
      labels.filter((label) => !allowed.has(label)).map((label) => `${name}{${label}}`),
    );
    expect(others).toEqual([]);
  });

  it("then what several services export under one name is the same metric", () => {
    const byName = Map.groupBy(ours, ({ name }) => name);
    for (const [name, same] of byName) {
      expect(
        new Set(same.map(({ help, type, labels }) => JSON.stringify([help, type, labels]))).size,
        name,
      ).toBe(1);
    }
    expect(byName.get("tidemark_dead_letters_total")?.map(({ service }) => service)).toEqual([
      "orders",
      "interactions",
      "lifecycle",
      "segments",
      "warehouse",
      "automations",
    ]);
  });
});

describe("given an expression", () => {
  it("then a metric or a label that nobody exports is found, and what is no PromQL too", () => {
    expect(missing("rate(tidemark_nothing_total[5m])")).toEqual(["tidemark_nothing_total"]);
    expect(missing('tidemark_dead_letters_total{colour="red"}')).toEqual([
      "tidemark_dead_letters_total{colour}",
    ]);
    expect(missing("sum by (le) (rate(tidemark_stage_seconds_bucket[5m]))")).toEqual([]);
    expect(() => readPromQl("sum by (service")).toThrow("no PromQL");
  });
});

describe("given the alert rules", () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    "then %s asks for what is exported and has its page",
    (alert, rule) => {
      expect(readPromQl(rule.expr).length).toBeGreaterThan(0);
      expect(missing(rule.expr)).toEqual([]);
      expect(rule.annotations.runbook_url).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
      expect(rule.annotations.summary).toMatch(/\S/);
    },
  );

  it("then the runbook has a page for each, and each says what it means, how to look and what to do", () => {
    const pages = read("docs/runbook.md").split(/^## /m).slice(1);
    expect(pages.map((page) => page.slice(0, page.indexOf("\n")))).toEqual(rules.map(({ alert }) => alert));
    for (const page of pages) {
      for (const part of ["**Meaning.**", "**How to look.**"]) expect(page).toContain(part);
      expect(page).toMatch(/\*\*What to do\.\*\*|what to do /);
    }
  });
});

describe("given the dashboard", () => {
  it("then it is what scripts/dashboard.ts writes", () => {
    expect(read("infra/dashboards/tidemark.json")).toBe(dashboard());
  });

  it("then each query asks for what is exported", () => {
    const panels: readonly {
      readonly title: string;
      readonly targets?: readonly { readonly expr: string }[];
    }[] = JSON.parse(dashboard()).panels;
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(30);
    expect(queries.flatMap(missing)).toEqual([]);
  });

  it("then it shows every metric of ours", () => {
    const queries = (
      JSON.parse(dashboard()).panels as readonly { readonly targets?: readonly { readonly expr: string }[] }[]
    )
      .flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => readPromQl(expr)))
      .map(({ metric }) => metric);
    const unseen = ours.filter((metric) => !seriesOf(metric).some((series) => queries.includes(series)));
    expect([...new Set(unseen.map(({ name }) => name))]).toEqual([]);
  });
});

describe("given the settings of all services", () => {
  it("then docs/settings.md is what scripts/settings-reference.ts writes", () => {
    expect(read("docs/settings.md")).toBe(settingsReference());
  });

  it("then each default lies within its bounds and each has a sentence", () => {
    for (const [service, settings] of Object.entries(serviceSettings)) {
      for (const [name, setting] of Object.entries(settings)) {
        const place = `${service} ${name}`;
        expect(setting.about, place).toMatch(/\S[.]$/);
        if (setting.type !== "integer") continue;
        expect(setting.default, place).toBeGreaterThanOrEqual(setting.min);
        expect(setting.default, place).toBeLessThanOrEqual(setting.max);
      }
    }
  });
});
