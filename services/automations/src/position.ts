/** What the group's commit says beside its offset: how far the changes of the partition are known. */
import type { ChangeCursor } from "@tidemark/contracts";

export function encodeCursor({ sequence, epoch }: ChangeCursor): string {
  return JSON.stringify({ sequence, epoch });
}

/** Throws where the text is not one that this service writes: then somebody else uses its group. */
export function parseCursor(text: string): ChangeCursor {
  const { sequence, epoch } = parse(text);
  if (!isSequence(sequence) || !isCount(epoch))
    throw new Error(`the group's commit carries metadata that are not ours: ${text}`);
  return { sequence, epoch };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** -1 where no change came yet to a reader that began past the first. */
function isSequence(value: unknown): value is number {
  return value === -1 || isCount(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
