import { Histogram, type Registry } from "@tidemark/runtime";

/** Tells how long a request took, in ms. */
export type MeasureRequest = (
  labels: { readonly method: string; readonly route: string; readonly status: string },
  ms: number,
) => void;

/** Requests by method, route as it is declared, and status. */
export function requestMetrics(registry: Registry): MeasureRequest {
  const seconds = new Histogram({
    name: "tidemark_api_request_seconds",
    help: "How long requests took, in seconds.",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return (labels, ms) => seconds.observe(labels, ms / 1_000);
}
