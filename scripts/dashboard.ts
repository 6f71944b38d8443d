/**
 * The Grafana dashboard, `infra/dashboards/tidemark.json`. A unit test checks that it is up to date and that each metric
 * it asks for exists; `node scripts/dashboard.ts` writes it.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Panel {
  readonly title: string;
  readonly unit: "s" | "short" | "ops" | "bytes" | "dateTimeAsIso" | "none";
  readonly about: string;
  /** PromQL and how its lines are named. */
  readonly queries: readonly (readonly [expression: string, legend: string])[];
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const quantile = (q: number, metric: string, by: string, where = "") =>
  `histogram_quantile(${q}, sum by (le${by === "" ? "" : `, ${by}`}) (rate(${metric}_bucket${where}[$__rate_interval])))`;
const stage = (name: string) => `{stage="${name}"}`;
const rate = (metric: string, by: string) => `sum by (${by}) (rate(${metric}[$__rate_interval]))`;
const stages = ["source-to-canonical", "canonical-to-change", "change-to-webhook", "log-to-archive"];

const rows: readonly Row[] = [
  {
    title: "Is it well",
    panels: [
      {
        title: "Ready",
        unit: "none",
        about: "1 where an instance is ready; /ready says why it is not.",
        queries: [["min by (service, instance) (tidemark_ready)", "{{service}} {{instance}}"]],
      },
      {
        title: "Oldest record that waits",
        unit: "s",
        about: "Over all partitions of a topic.",
        queries: [["max by (service, topic) (tidemark_lag_seconds)", "{{service}} {{topic}}"]],
      },
      {
        title: "Gaps, repeats and void changes",
        unit: "short",
        about: "Repeats and void changes are dropped and harmless; a gap never is.",
        queries: [
          [
            'sum by (service, verdict) (increase(tidemark_changes_judged_total{verdict!="new"}[$__rate_interval]))',
            "{{service}} {{verdict}}",
          ],
        ],
      },
      {
        title: "Dead letters",
        unit: "short",
        about: "By service and reason.",
        queries: [
          [
            "sum by (service, reason) (increase(tidemark_dead_letters_total[$__rate_interval]))",
            "{{service}} {{reason}}",
          ],
          ["increase(tidemark_warehouse_unreadable_total[$__rate_interval])", "archived as bytes"],
          ["tidemark_warehouse_trimmed_total", "taken by retention: {{topic}}"],
        ],
      },
    ],
  },
  {
    title: "How much",
    panels: [
      {
        title: "Source records in",
        unit: "ops",
        about: "A second.",
        queries: [[rate("tidemark_intake_records_total", "service"), "{{service}}"]],
      },
      {
        title: "Events folded",
        unit: "ops",
        about: "Canonical events written, and folded, a second.",
        queries: [
          [rate("tidemark_intake_events_total", "service"), "{{service}}"],
          [rate("tidemark_segments_events_total", "service"), "folded"],
        ],
      },
      {
        title: "Changes by cause",
        unit: "ops",
        about: "A second.",
        queries: [[rate("tidemark_segments_changes_total", "cause"), "{{cause}}"]],
      },
      {
        title: "Events not admitted",
        unit: "ops",
        about: "Repeats and corrections that cannot be applied, a second.",
        queries: [[rate("tidemark_segments_rejected_total", "reason"), "{{reason}}"]],
      },
    ],
  },
  {
    title: "How fast",
    panels: [
      ...stages.map(
        (name): Panel => ({
          title: name.replaceAll("-", " "),
          unit: "s",
          about: "By the times that records carry.",
          queries: [0.5, 0.95, 0.99].map(
            (q) =>
              [
                quantile(q, "tidemark_stage_seconds", "service", stage(name)),
                `p${q * 100} {{service}}`,
              ] as const,
          ),
        }),
      ),
    ],
  },
  {
    title: "Time",
    panels: [
      {
        title: "Lateness of changes by time",
        unit: "s",
        about: "From the instant of a change to its detection; history left out.",
        queries: [0.5, 0.95, 0.99].map(
          (q) => [quantile(q, "tidemark_segments_timer_lateness_seconds", ""), `p${q * 100}`] as const,
        ),
      },
      {
        title: "Timers overdue",
        unit: "short",
        about: "Due and not fired, by partition.",
        queries: [["max by (partition) (tidemark_segments_timers_overdue)", "{{partition}}"]],
      },
      {
        title: "Timers fired",
        unit: "ops",
        about: "A second.",
        queries: [[rate("tidemark_segments_timers_fired_total", "service"), "fired"]],
      },
      {
        title: "Age of the partitions' clocks",
        unit: "s",
        about: "A clock stands still while nothing is due: old is no fault where nothing is overdue.",
        queries: [["time() - max by (partition) (tidemark_segments_clock_seconds)", "{{partition}}"]],
      },
    ],
  },
  {
    title: "Partitions",
    panels: [
      {
        title: "Records that wait",
        unit: "short",
        about: "By service, topic and partition.",
        queries: [
          [
            "max by (service, topic, partition) (tidemark_lag_records)",
            "{{service}} {{topic}}/{{partition}}",
          ],
        ],
      },
      {
        title: "Records in hand",
        unit: "short",
        about: "Handed to a service, their batch not done.",
        queries: [["sum by (service) (tidemark_in_hand_records)", "{{service}}"]],
      },
      {
        title: "Rows archived",
        unit: "ops",
        about: "By table, a second; blocks beside them.",
        queries: [
          [rate("tidemark_warehouse_rows_total", "table"), "{{table}}"],
          [rate("tidemark_warehouse_blocks_total", "topic"), "blocks of {{topic}}"],
        ],
      },
      {
        title: "Steps tried again",
        unit: "ops",
        about: "A second.",
        queries: [
          [rate("tidemark_retries_total", "service"), "{{service}}"],
          ["tidemark_log_lines_dropped", "log lines dropped: {{service}}"],
        ],
      },
    ],
  },
  {
    title: "Webhooks and the interface",
    panels: [
      {
        title: "Webhook attempts",
        unit: "ops",
        about: "By endpoint and outcome, a second.",
        queries: [
          [rate("tidemark_automations_attempts_total", "webhook, outcome"), "{{webhook}} {{outcome}}"],
        ],
      },
      {
        title: "Time of an attempt",
        unit: "s",
        about: "p99 by endpoint.",
        queries: [[quantile(0.99, "tidemark_automations_attempt_seconds", "webhook"), "{{webhook}}"]],
      },
      {
        title: "Delivered, undelivered, left alone",
        unit: "ops",
        about: "Left alone: history, which an automation does not act on.",
        queries: [
          [rate("tidemark_automations_delivered_total", "webhook"), "{{webhook}} delivered"],
          [rate("tidemark_automations_undelivered_total", "webhook, reason"), "{{webhook}} {{reason}}"],
          [rate("tidemark_automations_historic_total", "service"), "left alone"],
        ],
      },
      {
        title: "Intake waits for the fold",
        unit: "short",
        about: "Source partitions that wait at a time, by service: there is more than segments can fold.",
        queries: [[rate("tidemark_intake_waited_seconds_total", "service"), "{{service}}"]],
      },
      {
        title: "Endpoints behind the others",
        unit: "short",
        about: "Records of segment-changes that an endpoint has still to go through.",
        queries: [["sum by (webhook) (tidemark_automations_behind_records)", "{{webhook}}"]],
      },
      {
        title: "Requests",
        unit: "s",
        about: "p99 of the interface by route.",
        queries: [[quantile(0.99, "tidemark_api_request_seconds", "route"), "{{route}}"]],
      },
      {
        title: "Differences in the last audit",
        unit: "short",
        about: "Subjects whose published memberships are other than SQL over the archive says.",
        queries: [["max by (instance) (tidemark_audit_differences)", "{{instance}}"]],
      },
      {
        title: "Memberships compared by the last audit",
        unit: "short",
        about: "Subjects times definitions.",
        queries: [["max by (instance) (tidemark_audit_compared)", "{{instance}}"]],
      },
      {
        title: "Audits",
        unit: "short",
        about: "Done in the last day, by what they found.",
        queries: [["sum by (outcome) (increase(tidemark_audits_total[1d]))", "{{outcome}}"]],
      },
      {
        title: "Time of the last audit",
        unit: "s",
        about: "With the wait for its mark.",
        queries: [["max by (instance) (tidemark_audit_seconds)", "{{instance}}"]],
      },
      {
        title: "Age of the cut points",
        unit: "s",
        about: "Since those in force were worked out from the archive; once a day unless set otherwise.",
        queries: [["max by (instance) (tidemark_cuts_age_seconds)", "{{instance}}"]],
      },
      {
        title: "Cut points that are missing",
        unit: "short",
        about:
          "Asked for by a definition and not in force: nobody is in their population, or they are on their way.",
        queries: [["max by (instance) (tidemark_cuts_missing)", "{{instance}}"]],
      },
    ],
  },
  {
    title: "Processes",
    panels: [
      {
        title: "Processor",
        unit: "none",
        about: "Cores in use by an instance.",
        queries: [["rate(process_cpu_seconds_total[$__rate_interval])", "{{service}} {{instance}}"]],
      },
      {
        title: "Memory",
        unit: "bytes",
        about: "Resident.",
        queries: [
          ["process_resident_memory_bytes", "{{service}} {{instance}}"],
          ["tidemark_memory_bound_bytes", "{{service}} {{instance}} may hold"],
        ],
      },
      {
        title: "Buffers and their bounds",
        unit: "bytes",
        about: "At its bound reading waits.",
        queries: [
          ["tidemark_buffer_bytes", "{{service}} {{buffer}}"],
          ["tidemark_buffer_bound_bytes", "bound of {{service}} {{buffer}}"],
        ],
      },
      {
        title: "Event loop, p99",
        unit: "s",
        about: "How long a turn waits.",
        queries: [["nodejs_eventloop_lag_p99_seconds", "{{service}} {{instance}}"]],
      },
    ],
  },
];

const [columns, width, height] = [4, 6, 7];

/** The dashboard as Grafana imports it, JSON text. */
export function dashboard(): string {
  let id = 0;
  let y = 0;
  const panels = rows.flatMap((row) => {
    id += 1;
    const heading = { id, type: "row", title: row.title, gridPos: { x: 0, y, w: columns * width, h: 1 } };
    const top = y + 1;
    const own = row.panels.map((panel, at) => {
      id += 1;
      const gridPos = { x: at * width, y: top, w: width, h: height };
      return graph(id, panel, gridPos);
    });
    y = top + height;
    return [heading, ...own];
  });
  const board = {
    uid: "tidemark",
    title: "Tidemark",
    tags: ["tidemark"],
    schemaVersion: 39,
    editable: true,
    refresh: "10s",
    time: { from: "now-1h", to: "now" },
    templating: {
      list: [{ name: "datasource", type: "datasource", query: "prometheus", label: "Prometheus" }],
    },
    panels,
  };
  return `${JSON.stringify(board, null, 2)}\n`;
}

function graph(id: number, { title, unit, about, queries }: Panel, gridPos: object): object {
  const datasource = { type: "prometheus", uid: "$" + "{datasource}" };
  return {
    id,
    type: "timeseries",
    title,
    description: about,
    datasource,
    gridPos,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: queries.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode(65 + at),
      datasource,
      expr,
      legendFormat,
    })),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("../infra/dashboards/tidemark.json", import.meta.url), dashboard());
}
