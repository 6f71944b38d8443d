/** Definitions that are deleted and written anew: who was in one is in it no more, and enters anew. */
import type { Random } from "../world/random.ts";
import { type Document, documents } from "./definitions.ts";
import type { Edit, Step } from "./scenario.ts";

type EditStep = Extract<Step, { readonly type: "edit" }>;

/** What nothing rests on, and no automation watches: others are not deleted while they are named. */
const rewritten = ["gold", "browsing", "silent", "account", "of-the-day"].flatMap(
  (id) => documents.find((one) => one.kind === "segment" && one.id === id) ?? [],
);

/** Comes late, so that it has to be filled before it is deleted. */
const phase = (seconds: number): Document => ({
  kind: "classification",
  id: "phase",
  name: "phase",
  categories: [
    { id: "new", when: { count: "order.placed", during: { last: `${seconds} seconds` }, atLeast: 1 } },
    { id: "known", when: { count: "order.placed", atLeast: 1 } },
  ],
  otherwise: "nobody",
});

/** What it is when it is written anew, for some. */
const others: Readonly<Record<string, unknown>> = {
  gold: { attribute: "tier", in: ["gold", "silver"] },
  browsing: { count: "page.viewed", during: { last: "30 seconds" }, atLeast: 1 },
  silent: { since: "last", of: "order.placed", atLeast: "12 seconds" },
};

/** Of numbers of their own. `delaysOf`: how long an edit takes to each partition. */
export function rewrittenOf(random: Random, untilMs: number, delaysOf: () => Edit["delaysMs"]): EditStep[] {
  if (random.chance(0.88)) return [];
  const isPhase = random.chance(0.3);
  const first = isPhase ? phase(25) : random.pick(rewritten);
  const { kind, id } = first;
  let at = random.whole(2_000, Math.max(2_000, untilMs - 8_000));
  const edited = (document: Document | null): EditStep => {
    const step: EditStep = { at, type: "edit", edit: { kind, id, document, delaysMs: delaysOf() } };
    at += random.chance(0.35) ? random.whole(1, 1_500) : random.whole(1_500, 9_000);
    return step;
  };
  const anew = (): Document => {
    if (isPhase) return phase(random.pick([10, 25]));
    const when = others[id];
    return when !== undefined && random.chance(0.4) ? { ...first, when } : first;
  };
  const steps = isPhase ? [edited(first)] : [];
  const times = random.chance(0.3) ? 2 : 1;
  for (let time = 0; time < times; time += 1) steps.push(edited(null), edited(anew()));
  return steps.filter((step) => step.at < untilMs);
}
