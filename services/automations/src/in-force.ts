/** The automations in force, and which of them a change sets off. */
import type { SegmentChange } from "@tidemark/contracts";
import type { Automation, AutomationTrigger, Definition, SubjectKind } from "@tidemark/core";

export interface InForce {
  /** Automations that the change sets off; those that leave history alone are named apart where it is history. */
  matches(change: Matched): { readonly act: readonly Automation[]; readonly leave: readonly Automation[] };
}

type Matched = Pick<
  SegmentChange,
  "definitionKind" | "definition" | "subjectKind" | "from" | "to" | "historic"
> &
  Partial<Pick<SegmentChange, "cause" | "causeEvent">>;

interface Watch {
  readonly automation: Automation;
  readonly subject: SubjectKind;
}

const none = { act: [], leave: [] };

/** `definitions` are all there are: an automation is about the subject of what it watches. */
export function automationsInForce(definitions: readonly Definition[]): InForce {
  const subjects = new Map<string, SubjectKind>();
  for (const definition of definitions) {
    if (definition.kind === "segment" || definition.kind === "classification")
      subjects.set(`${definition.kind}/${definition.id}`, definition.subject);
  }
  const watches = new Map<string, Watch[]>();
  for (const automation of definitions) {
    if (automation.kind !== "automation") continue;
    const name = watchedBy(automation.on);
    const subject = subjects.get(name);
    if (subject === undefined) continue;
    watches.set(name, [...(watches.get(name) ?? []), { automation, subject }]);
  }
  return {
    matches(change) {
      const found = watches.get(`${change.definitionKind}/${change.definition}`);
      if (found === undefined || hasEnded(change)) return none;
      const matching = found
        .filter(({ automation, subject }) => subject === change.subjectKind && isMeant(automation.on, change))
        .map(({ automation }) => automation);
      const acts = ({ historic }: Automation): boolean => historic || !change.historic;
      return {
        act: matching.filter(acts),
        leave: matching.filter((automation) => !acts(automation)),
      };
    },
  };
}

/** Who was erased, or became part of another, left nothing: there is nobody to do anything about. */
function hasEnded({ cause, causeEvent }: Matched): boolean {
  return cause === "erased" || (cause === "merge" && causeEvent === "customer.merged");
}

function watchedBy(on: AutomationTrigger): string {
  if ("enters" in on) return `segment/${on.enters}`;
  if ("leaves" in on) return `segment/${on.leaves}`;
  return `classification/${on.moves}`;
}

/** A classification's first sight of a subject is a move too, from nothing. */
function isMeant(on: AutomationTrigger, { to }: Matched): boolean {
  if ("enters" in on) return to === "in";
  if ("leaves" in on) return to === "out";
  return on.to === undefined || on.to.includes(to);
}
