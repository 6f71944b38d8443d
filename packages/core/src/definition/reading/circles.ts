/** Definitions that rest on themselves, and chains of definitions that are too long. */
import { note } from "./place.ts";
import type { ReadDocument } from "./references.ts";

/** Definitions resting on definitions, counted along the longest way down. */
const longestChain = 100;
const mostShown = 12;

interface Node {
  readonly name: string;
  readonly document: ReadDocument;
  /** Where each definition named is first named. */
  readonly children: ReadonlyMap<string, string>;
}

type Graph = Map<string, Node>;

export function checkCircles(documents: ReadonlyMap<string, ReadDocument>): void {
  const graph: Graph = new Map();
  for (const [name, document] of documents) {
    const children = new Map<string, string>();
    for (const { kind, id, path } of document.place.findings.references) {
      const child = `${kind}/${id}`;
      if (documents.has(child) && !children.has(child)) children.set(child, path);
    }
    graph.set(name, { name, document, children });
  }
  removeSound(graph);
  removeUnnamed(graph);
  const seen = new Set<string>();
  for (const name of graph.keys()) {
    if (seen.has(name)) continue;
    const circle = circleFrom(name, graph);
    circle.forEach((member, index) => {
      if (seen.has(member)) return;
      seen.add(member);
      noteCircle(graph, circle, index);
    });
  }
}

/** Takes out, children first, whatever leads to no circle; notes chains that are too long. */
function removeSound(graph: Graph): void {
  const parents = parentsIn(graph);
  const open = new Map([...graph].map(([name, { children }]) => [name, children.size]));
  const depths = new Map<string, number>();
  const ready = [...graph.keys()].filter((name) => open.get(name) === 0);
  for (const name of ready) {
    const depth = depths.get(name) ?? 1;
    const node = graph.get(name);
    if (node && depth > longestChain) {
      const expected = `at most ${longestChain} definitions, each resting on the next`;
      note(node.document.place, `a chain of ${depth} definitions`, expected);
    }
    for (const parent of parents.get(name) ?? []) {
      depths.set(parent, Math.max(depths.get(parent) ?? 1, depth + 1));
      const left = (open.get(parent) ?? 0) - 1;
      open.set(parent, left);
      if (left === 0) ready.push(parent);
    }
  }
  for (const name of ready) graph.delete(name);
}

/** Takes out, parents first, whatever no circle leads to. */
function removeUnnamed(graph: Graph): void {
  const open = new Map([...parentsIn(graph)].map(([name, parents]) => [name, parents.length]));
  const ready = [...graph.keys()].filter((name) => (open.get(name) ?? 0) === 0);
  for (const name of ready) {
    for (const child of graph.get(name)?.children.keys() ?? []) {
      const left = (open.get(child) ?? 0) - 1;
      open.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  for (const name of ready) graph.delete(name);
}

function parentsIn(graph: Graph): Map<string, string[]> {
  const parents = new Map<string, string[]>();
  for (const { name, children } of graph.values()) {
    for (const child of children.keys()) {
      const known = parents.get(child);
      if (known) known.push(name);
      else parents.set(child, [name]);
    }
  }
  return parents;
}

/** The shortest way from a definition back to itself; empty where there is none. */
function circleFrom(start: string, graph: Graph): string[] {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const name of queue) {
    for (const child of graph.get(name)?.children.keys() ?? []) {
      if (child === start) return wayTo(name, cameFrom);
      if (cameFrom.has(child) || !graph.has(child)) continue;
      cameFrom.set(child, name);
      queue.push(child);
    }
  }
  return [];
}

function wayTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [end];
  for (let name = cameFrom.get(end); name !== undefined; name = cameFrom.get(name)) way.push(name);
  return way.reverse();
}

/** At one of them, where it names the next. */
function noteCircle(graph: Graph, circle: readonly string[], index: number): void {
  const memberAt = (step: number): string => circle[(index + step) % circle.length] ?? "";
  const node = graph.get(memberAt(0));
  if (node === undefined) return;
  const shown = Array.from({ length: Math.min(circle.length, mostShown) }, (_, step) => memberAt(step));
  const way = [...shown, ...(circle.length > mostShown ? ["..."] : []), node.name].join(" -> ");
  const path = node.children.get(memberAt(1)) ?? "";
  note({ ...node.document.place, path }, way, "definitions that do not lead back to themselves");
}
