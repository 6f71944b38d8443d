/** Folds every subject and writes what becomes of it; only one of them is alive at a time. */
import { describeCustomer, type Plan, type SubjectKind } from "@tidemark/core";
import { type CsvFile, createCsvFile, csvCell } from "./csv-file.ts";
import { foldSubject } from "./fold-subject.ts";
import {
  historyHeader,
  historyLines,
  memberLines,
  membersHeader,
  metricLines,
  metricsHeader,
} from "./results.ts";
import { inOrder, type SubjectEvents } from "./subject-events.ts";
import type { Tally } from "./tally.ts";

export interface ResultFiles {
  readonly membersFile: string | null;
  readonly metricsFile: string | null;
  readonly historyFile: string | null;
}

const kinds: readonly SubjectKind[] = ["customer", "company"];

/** Counts into `tally` and writes the files asked for, customers before companies, each by id. */
export function writeResults(
  plan: Plan,
  subjects: Readonly<Record<SubjectKind, SubjectEvents>>,
  { membersFile, metricsFile, historyFile, asOf }: ResultFiles & { readonly asOf: number },
  tally: Tally,
  onSubject: (kind: SubjectKind, done: number, total: number) => void,
): void {
  const open = (file: string | null, header: readonly string[]): CsvFile | null =>
    file === null ? null : createCsvFile(file, header);
  const members = open(membersFile, membersHeader);
  const metrics = open(metricsFile, metricsHeader);
  const history = open(historyFile, historyHeader);
  for (const kind of kinds) {
    const { definitions, metrics: numbers, scorings, engagements } = plan.subjects[kind];
    if (definitions.length + numbers.length + scorings.length + engagements.length === 0) continue;
    const ids = [...subjects[kind].keys()].sort();
    for (const [done, id] of ids.entries()) {
      const events = subjects[kind].get(id)?.sort(inOrder) ?? [];
      const { state, changes } = foldSubject(plan, kind, id, events, asOf);
      tally.count(changes, asOf);
      const cell = csvCell(id);
      if (history !== null) history.lines(historyLines(cell, changes));
      if (members !== null || metrics !== null) {
        const description = describeCustomer(plan, state, asOf);
        if (members !== null) members.lines(memberLines(cell, description, changes));
        if (metrics !== null) metrics.lines(metricLines(cell, description));
      }
      if ((done + 1) % 1_000 === 0 || done + 1 === ids.length) onSubject(kind, done + 1, ids.length);
    }
  }
  for (const file of [members, metrics, history]) file?.close();
}
