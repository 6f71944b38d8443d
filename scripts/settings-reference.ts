/**
 * The reference of all settings, `docs/settings.md`, from the services' own declarations. A unit test checks that it is
 * up to date; `node scripts/settings-reference.ts` brings it there.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Setting, type Settings, stackSettings } from "../packages/runtime/src/index.ts";
import { settings as api } from "../services/api/src/settings.ts";
import { settings as automations } from "../services/automations/src/settings.ts";
import { settings as interactions } from "../services/interactions/src/settings.ts";
import { settings as lifecycle } from "../services/lifecycle/src/settings.ts";
import { settings as orders } from "../services/orders/src/settings.ts";
import { settings as segments } from "../services/segments/src/settings.ts";
import { settings as warehouse } from "../services/warehouse/src/settings.ts";

/** Every service and what it reads from its environment. */
export const serviceSettings: Readonly<Record<string, Settings>> = {
  orders,
  interactions,
  lifecycle,
  segments,
  warehouse,
  automations,
  api,
};

const notice =
  "<!-- Written by scripts/settings-reference.ts from the services' settings.ts and packages/runtime/src/config.ts: change it there. -->";

/** The page, as Markdown. */
export function settingsReference(): string {
  const own = (settings: Settings) =>
    Object.entries(settings).filter(
      ([name, setting]) => (stackSettings as Settings)[name]?.default !== setting.default,
    );
  return `${[
    notice,
    "# Settings",
    "Services read their settings from the environment when they start. What is wrong is told all at once, on stderr, and the process exits with 2. An absent or empty variable takes its default. `--help` on any service lists its own. Values marked secret are in no log and no message.",
    "## Every service",
    table(Object.entries(stackSettings)),
    ...Object.entries(serviceSettings).flatMap(([name, settings]) => [`## ${name}`, table(own(settings))]),
    "## What is no setting",
    "Bounds that decide what an event means are part of the language and of the data, the same for every instance, the archive and whoever folds the log again: how many instants a window keeps, how long an order can be corrected, when an event counts as history, how large an event may be. They are in the pages of the language and of the services.",
    "## Tracing",
    "`OTEL_EXPORTER_OTLP_ENDPOINT` switches tracing on; the OpenTelemetry exporter reads the other `OTEL_EXPORTER_OTLP_*` variables itself (headers, certificates, compression). See [For operators](operations.md#traces).",
  ].join("\n\n")}\n`;
}

function table(settings: readonly (readonly [string, Setting])[]): string {
  const cells = settings.map(([name, setting]) => [
    `\`${name}\``,
    setting.default === "" ? "" : `\`${setting.default}\``,
    bounds(setting),
    `${setting.about.replaceAll("|", "\\|")}${setting.secret ? " Secret." : ""}`,
  ]);
  const head = ["setting", "default", "bounds and unit", "what it is"];
  const widths = head.map((title, at) =>
    Math.max(...[head, ...cells].map((row) => (row[at] ?? title).length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...cells.map(line)].join(
    "\n",
  );
}

function bounds(setting: Setting): string {
  if (setting.type === "integer") {
    const range = `${setting.min} to ${setting.max}`;
    return setting.unit === null ? range : `${range} ${setting.unit}`;
  }
  return setting.oneOf === undefined ? "" : setting.oneOf.map((value) => `\`${value}\``).join(", ");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("../docs/settings.md", import.meta.url), settingsReference());
}
