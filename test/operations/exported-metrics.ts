/** Every metric that a service exports, from the code that creates it. */

import {
  createProgress,
  logMetrics,
  memoryMetrics,
  newRegistry,
  progressMetrics,
  type Registry,
  systemClock,
} from "@tidemark/runtime";
import { intakeMetrics } from "../../packages/intake/src/index.ts";
import { auditMetrics } from "../../services/api/src/audit/metrics.ts";
import { cutMetrics } from "../../services/api/src/cuts/metrics.ts";
import { requestMetrics } from "../../services/api/src/metrics.ts";
import { automationsMetrics } from "../../services/automations/src/metrics.ts";
import { workerMetrics } from "../../services/segments/src/metrics.ts";
import { archiveMetrics } from "../../services/warehouse/src/metrics.ts";

const clock = systemClock;
const store = { countDue: async () => 0 };

const own: Readonly<Record<string, (registry: Registry) => unknown>> = {
  orders: intakeMetrics,
  interactions: intakeMetrics,
  lifecycle: intakeMetrics,
  segments: (registry) => workerMetrics(registry, { store, clock, owned: () => [] }),
  warehouse: (registry) => archiveMetrics(registry, 1),
  automations: automationsMetrics,
  api(registry) {
    requestMetrics(registry);
    auditMetrics(registry);
    cutMetrics(registry);
  },
};

export interface ExportedMetric {
  readonly service: string;
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** Of all services, as a scrape would find them. */
export async function exportedMetrics(): Promise<readonly ExportedMetric[]> {
  const found: ExportedMetric[] = [];
  for (const [service, create] of Object.entries(own)) {
    const registry = newRegistry(service);
    const progress = createProgress(clock, { checkMs: 1_000, stalledAfterMs: 1_000 });
    progressMetrics(registry, progress, () => ({ ready: true }));
    memoryMetrics(registry, 1);
    logMetrics(registry, { write: () => {}, dropped: () => 0 });
    create(registry);
    for (const { name } of await registry.getMetricsAsJSON()) {
      const metric = registry.getSingleMetric(name) as unknown as Created | undefined;
      if (metric === undefined) throw new Error(`${name} is not registered`);
      found.push({
        service,
        name,
        help: metric.help,
        type: metric.constructor.name,
        labels: metric.labelNames,
      });
    }
  }
  return found;
}

interface Created {
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly constructor: { readonly name: string };
}
