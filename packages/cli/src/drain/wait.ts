/** Waits until the pipeline has nothing left to do. */
import type { Clock } from "@tidemark/runtime";
import type { Progress } from "../progress/progress.ts";
import type { PipelineReading } from "./pipeline.ts";

const pollMs = 700;
/** So long without the least progress is a standstill. */
const standstillMs = 180_000;

/** Answers an instant up to which everything is done. Rejects with what it was waiting for when nothing moves. */
export async function waitUntilDrained(
  read: () => Promise<PipelineReading>,
  clock: Clock,
  progress: Progress,
): Promise<number> {
  let last = "";
  let movedAt = clock.elapsedMs();
  for (;;) {
    const reading = await read().catch((error: unknown) => unreadable(error));
    if (reading.stages.length > 0) progress.bars(reading.stages);
    if (reading.waitingFor.length === 0) {
      progress.clear();
      return reading.asOf;
    }
    const shown = JSON.stringify(reading.stages);
    if (shown !== last) movedAt = clock.elapsedMs();
    last = shown;
    if (clock.elapsedMs() - movedAt > standstillMs)
      throw new Error(
        `Nothing has moved for ${standstillMs / 1000} s; waiting for ${reading.waitingFor.join(", ")}`,
      );
    await clock.sleep(pollMs);
  }
}

/** Kafka or Redis may be away for a moment. */
function unreadable(error: unknown): PipelineReading {
  const reason = error instanceof Error ? error.message : String(error);
  return { asOf: 0, stages: [], waitingFor: [`what is not to be read: ${reason}`] };
}
