/** Traces over OpenTelemetry's protocol; loaded only where they are asked for. */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { parseTraceParent } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { type StepStart, type Tracing, traceHeaders, traceParentOf } from "./tracing.ts";

export interface OtlpOptions {
  readonly service: string;
  /** Such as `http://127.0.0.1:4318`; `/v1/traces` is added. */
  readonly endpoint: string;
  /** Traces begun of 10,000 records that carry none. */
  readonly tracesPer10000: number;
  /** Spans that wait to be sent; further ones are dropped. */
  readonly maxQueued: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** How long one export may take, in ms: a stop waits for the last one. */
const exportTimeoutMs = 3_000;

export function otlpTracing({ service, endpoint, tracesPer10000, maxQueued, random }: OtlpOptions): Tracing {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
    timeoutMillis: exportTimeoutMs,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": `tidemark-${service}` }),
    // Whether a step is recorded is decided before a span is made: most are not, and cost nothing.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, maxQueueSize: maxQueued, exportTimeoutMillis: exportTimeoutMs }),
    ],
  });
  const tracer = provider.getTracer("tidemark");

  const contextOf = ({ parent, isRoot }: StepStart) => {
    const carried = traceParentOf(parent);
    if (carried === undefined) return isRoot && random() * 10_000 < tracesPer10000 ? ROOT_CONTEXT : undefined;
    const context = parseTraceParent(carried);
    if (context === null || (context.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
    return trace.setSpanContext(ROOT_CONTEXT, { ...context, isRemote: true });
  };

  return {
    begin(name, start) {
      const context = contextOf(start);
      if (context === undefined) return undefined;
      const span = tracer.startSpan(
        name,
        { kind: SpanKind.CONSUMER, startTime: start.at, attributes: { ...start.attributes } },
        context,
      );
      const { traceId, spanId } = span.spanContext();
      return {
        headers: traceHeaders(`00-${traceId}-${spanId}-01`),
        end(at, fault) {
          if (fault !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: fault });
          span.end(at);
        },
      };
    },
    close: () => provider.shutdown(),
  };
}
