import { type Part, type PartPlan, startPart } from "./part.ts";

/** One part: down and up again on the same port and data. */
export interface PartControl {
  /** Of the process that runs now, or ran last. */
  pid(): number;
  /** SIGTERM; resolves once it is gone. */
  stop(): Promise<void>;
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
  /** Resolves once it answers. Rejects when it runs, or does not come up. */
  start(): Promise<void>;
}

export interface ControlledPart extends PartControl {
  readonly name: string;
  readonly url: string;
  readonly logFile: string;
}

export function controlled(plan: PartPlan, first: Part): ControlledPart {
  const { name, url, logFile } = first;
  let part = first;
  let isUp = true;
  const down = async (how: () => Promise<void>): Promise<void> => {
    await how();
    isUp = false;
  };
  return {
    name,
    url,
    logFile,
    pid: () => part.pid,
    stop: () => down(() => part.stop()),
    kill: () => down(() => part.kill()),
    async start() {
      if (isUp) throw new Error(`${name} runs already, as process ${part.pid}`);
      part = await startPart(plan);
      isUp = true;
    },
  };
}
