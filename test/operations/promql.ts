/** What a PromQL expression asks for, read with Prometheus' own grammar. */
import { parser } from "@prometheus-io/lezer-promql";

export interface Asked {
  readonly metric: string;
  /** Labels that its matchers name. */
  readonly labels: readonly string[];
}

/** Throws where the expression does not parse. */
export function readPromQl(expression: string): readonly Asked[] {
  // Grafana puts an interval there.
  const text = expression.replaceAll("$__rate_interval", "5m");
  const asked: { metric: string; labels: string[] }[] = [];
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${text}`);
      const found = text.slice(node.from, node.to);
      const isMetric = node.name === "Identifier" && node.node.parent?.name === "VectorSelector";
      if (isMetric) asked.push({ metric: found, labels: [] });
      if (node.name === "LabelName" && node.node.parent?.name === "UnquotedLabelMatcher")
        asked.at(-1)?.labels.push(found);
    },
  });
  return asked;
}
