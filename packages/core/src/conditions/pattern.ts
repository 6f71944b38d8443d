/**
 * Regular expressions in time linear in the text: all ways through the expression are followed side by side (Thompson
 * 1968; Cox, "Regular Expression Matching: the Virtual Machine Approach"), never one after the other. A text of n
 * characters and a program of m instructions cost at most n x m steps. The syntax is in `pattern-syntax.ts`.
 */
import {
  isPatternFault,
  type PatternFault,
  type PatternNode,
  type Ranges,
  readPattern,
} from "./pattern-syntax.ts";

type Instruction =
  | { readonly op: "characters"; readonly has: (point: number) => boolean }
  | { readonly op: "start" | "end" | "match" }
  /** Goes on at both. */
  | { readonly op: "split"; readonly first: number; readonly second: number };

/** An expression, compiled. */
export interface Pattern {
  readonly program: readonly Instruction[];
}

const mostInstructions = 1_000;

/** A fault where the expression is outside the syntax or too large. */
export function compilePattern(pattern: string, ignoreCase: boolean): Pattern | PatternFault {
  const tree = readPattern(pattern);
  if (isPatternFault(tree)) return tree;
  const size = sizeOf(tree) + 1;
  if (size > mostInstructions) {
    const expected = `at most ${mostInstructions}; repetitions count as often as they repeat`;
    return { position: 1, found: `an expression of ${size} steps`, expected };
  }
  const program: Instruction[] = [];
  emit(tree, ignoreCase, program);
  program.push({ op: "match" });
  return { program };
}

/** How many instructions it takes. */
function sizeOf(node: PatternNode): number {
  switch (node.type) {
    case "characters":
    case "start":
    case "end":
      return 1;
    case "sequence":
      return sum(node.of);
    case "choice":
      // A jump is a split both ways of which are one.
      return sum(node.of) + 2 * (node.of.length - 1);
    case "repeat": {
      const { least, most } = node;
      const one = sizeOf(node.of);
      return most === null ? one * (least + 1) + 2 : one * most + (most - least);
    }
  }
}

function sum(nodes: readonly PatternNode[]): number {
  return nodes.reduce((total, node) => total + sizeOf(node), 0);
}

function emit(node: PatternNode, ignoreCase: boolean, program: Instruction[]): void {
  switch (node.type) {
    case "characters":
      program.push({ op: "characters", has: characterTest(node.ranges, node.negated, ignoreCase) });
      return;
    case "start":
    case "end":
      program.push({ op: node.type });
      return;
    case "sequence":
      for (const part of node.of) emit(part, ignoreCase, program);
      return;
    case "choice":
      emitChoice(node.of, ignoreCase, program);
      return;
    case "repeat":
      emitRepeat(node, ignoreCase, program);
      return;
  }
}

function emitChoice(of: readonly PatternNode[], ignoreCase: boolean, program: Instruction[]): void {
  const jumps: number[] = [];
  of.forEach((part, index) => {
    const isLast = index === of.length - 1;
    const split = program.length;
    if (!isLast) hold(program);
    emit(part, ignoreCase, program);
    if (isLast) return;
    jumps.push(hold(program));
    program[split] = { op: "split", first: split + 1, second: program.length };
  });
  for (const jump of jumps) program[jump] = { op: "split", first: program.length, second: program.length };
}

function emitRepeat(
  { of, least, most }: Extract<PatternNode, { type: "repeat" }>,
  ignoreCase: boolean,
  program: Instruction[],
): void {
  for (let time = 0; time < least; time += 1) emit(of, ignoreCase, program);
  if (most === null) {
    const split = hold(program);
    emit(of, ignoreCase, program);
    program.push({ op: "split", first: split, second: split });
    program[split] = { op: "split", first: split + 1, second: program.length };
    return;
  }
  const splits: number[] = [];
  for (let time = least; time < most; time += 1) {
    splits.push(hold(program));
    emit(of, ignoreCase, program);
  }
  for (const split of splits) program[split] = { op: "split", first: split + 1, second: program.length };
}

/** Keeps a place for an instruction that is known later. */
function hold(program: Instruction[]): number {
  return program.push({ op: "match" }) - 1;
}

function characterTest(ranges: Ranges, negated: boolean, ignoreCase: boolean): (point: number) => boolean {
  const inRanges = (point: number): boolean => ranges.some(([from, to]) => point >= from && point <= to);
  if (!ignoreCase) return (point) => inRanges(point) !== negated;
  return (point) => caseVariants(point).some(inRanges) !== negated;
}

/** The character and its forms in the other case, where those are one character each. */
function caseVariants(point: number): number[] {
  const upper = oneCodePoint(String.fromCodePoint(point).toUpperCase()) ?? point;
  const lower = oneCodePoint(String.fromCodePoint(upper).toLowerCase()) ?? point;
  return [point, upper, lower, oneCodePoint(String.fromCodePoint(point).toLowerCase()) ?? point];
}

function oneCodePoint(text: string): number | undefined {
  const point = text.codePointAt(0);
  return point !== undefined && String.fromCodePoint(point).length === text.length ? point : undefined;
}

/** Whether the expression is found anywhere in the text, and how many instructions that took. */
export function search(
  { program }: Pattern,
  text: string,
): { readonly found: boolean; readonly steps: number } {
  let steps = 0;
  let current: number[] = [];
  let next: number[] = [];
  // The place in the text at which an instruction was last taken up.
  const takenAt = new Int32Array(program.length).fill(-1);
  const stack: number[] = [];

  /** Takes an instruction up at a place in the text, with all that follow without reading; true at a match. */
  const takeUp = (from: number, at: number, into: number[]): boolean => {
    stack.push(from);
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      if (takenAt[index] === at) continue;
      takenAt[index] = at;
      steps += 1;
      const instruction = program[index];
      switch (instruction?.op) {
        case "match":
          return true;
        case "characters":
          into.push(index);
          break;
        case "split":
          stack.push(instruction.second, instruction.first);
          break;
        case "start":
          if (at === 0) stack.push(index + 1);
          break;
        case "end":
          if (at === text.length) stack.push(index + 1);
          break;
        default:
      }
    }
    return false;
  };

  for (let at = 0; ; ) {
    if (takeUp(0, at, current)) return { found: true, steps };
    const point = text.codePointAt(at);
    if (point === undefined) return { found: false, steps };
    at += point > 0xffff ? 2 : 1;
    for (const index of current) {
      steps += 1;
      const instruction = program[index];
      if (instruction?.op === "characters" && instruction.has(point) && takeUp(index + 1, at, next))
        return { found: true, steps };
    }
    [current, next] = [next, []];
  }
}
