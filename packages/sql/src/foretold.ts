/** What only the stream can say. */
import type { Definition } from "@tidemark/core";

/**
 * Whether what a definition (`kind/id`) answers hangs on who will still be in a segment that holds on to its members:
 * that is the stream's alone.
 */
export function foretellsLatch(definitions: readonly Definition[], name: string): boolean {
  const text = textOf(definitions, name);
  const foretold = [...text.matchAll(/"op":"lapsing","segment":"([^"]+)"/g)].map(([, id]) => `segment/${id}`);
  if (foretold.some((one) => restsOnLatch(definitions, one))) return true;
  return namedIn(text).some((one) => one !== name && foretellsLatch(definitions, one));
}

function restsOnLatch(definitions: readonly Definition[], name: string): boolean {
  const definition = definitions.find(({ kind, id }) => `${kind}/${id}` === name);
  if (definition?.kind === "segment" && (definition.leave !== undefined || definition.stayMs !== undefined))
    return true;
  return namedIn(textOf(definitions, name)).some((one) => one !== name && restsOnLatch(definitions, one));
}

function textOf(definitions: readonly Definition[], name: string): string {
  return JSON.stringify(definitions.find(({ kind, id }) => `${kind}/${id}` === name) ?? null);
}

function namedIn(text: string): string[] {
  return [...text.matchAll(/"(segment|classification)":"([^"]+)"/g)].map(([, kind, id]) => `${kind}/${id}`);
}
