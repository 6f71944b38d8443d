/**
 * Traces from source record to webhook: each step carries on a W3C `traceparent` header, whether or not anything is
 * recorded. A header that is no `traceparent` is left out; `tracestate` is not carried.
 */
import type { OutgoingRecord } from "./ports/log.ts";

type Headers = NonNullable<OutgoingRecord["headers"]>;

export interface TracedStep {
  /** For what comes of the step. */
  readonly headers: Headers;
  /** `at` in ms since the epoch. `fault` where the step came to nothing. */
  end(at: number, fault?: string): void;
}

export interface StepStart {
  /** Headers of the record that the step is about. */
  readonly parent: Headers;
  /** ms since the epoch. */
  readonly at: number;
  /** Whether a trace may begin here where the record carries none. */
  readonly isRoot: boolean;
  /** Nothing of a subject. */
  readonly attributes?: Readonly<Record<string, string | number>>;
}

export interface Tracing {
  /** Undefined where the step is not recorded: by what the record carries, or by chance. */
  begin(name: string, start: StepStart): TracedStep | undefined;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Records nothing. */
export const noTracing: Tracing = { begin: () => undefined, close: async () => {} };

const none: Headers = [];
const headerName = "traceparent";
/** Version 00 of W3C Trace Context; later versions may be longer. */
const traceParent = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const longest = 256;

/** The `traceparent` that headers carry; undefined where there is none, or no valid one. */
export function traceParentOf(headers: Headers): string | undefined {
  if (headers.length === 0) return undefined;
  const value = headers.findLast(([name]) => name === headerName)?.[1];
  if (value === undefined || value.length > longest) return undefined;
  const text = value.toString("latin1");
  return traceParent.test(text) && !text.startsWith("ff") ? text : undefined;
}

export function traceHeaders(text: string): Headers {
  return [[headerName, Buffer.from(text, "latin1")]];
}

/** What goes on from a step: its own place in the trace, or that of the record where it was not recorded. */
export function carriedOn(step: TracedStep | undefined, parent: Headers): Headers {
  if (step !== undefined) return step.headers;
  if (parent.length === 0) return none;
  const text = traceParentOf(parent);
  return text === undefined ? none : traceHeaders(text);
}
