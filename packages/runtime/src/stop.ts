/** How a process ends. */

/** Exit codes; the shell shows 128 and the signal's number after a second signal. */
export const exitCodes = {
  stopped: 0,
  /** The service ended by itself, or its stop failed. */
  failed: 1,
  configuration: 2,
  /** The stop did not finish in time. */
  stopTimedOut: 3,
} as const;

export interface StopPorts {
  readonly timeoutMs: number;
  /** Stops taking work, finishes what is in flight. */
  readonly stopService: () => Promise<void>;
  /** What is still under way, for people. */
  readonly inHand: () => readonly string[];
  readonly exit: (code: number) => void;
  readonly logger: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
}

export interface Stop {
  /** Stops once, then exits with the code, or a worse one. Further calls change nothing. */
  (reason: string, exitCode: number): Promise<void>;
  /** A signal stops; another one ends the process at once. */
  readonly onSignal: (signal: "SIGTERM" | "SIGINT") => void;
  readonly isStopping: () => boolean;
}

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const;

export function createStop({ timeoutMs, stopService, inHand, exit, logger }: StopPorts): Stop {
  let stopping = false;

  const stop = async (reason: string, exitCode: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ reason }, "stopping");
    const timer = setTimeout(() => {
      const running = inHand();
      const underWay = running.length > 0 ? running : ["no batch; a connection or a timer"];
      logger.error({ timeoutMs, underWay }, "the stop did not finish in time");
      exit(exitCodes.stopTimedOut);
    }, timeoutMs);
    let code = exitCode;
    try {
      await stopService();
      const underWay = inHand();
      if (underWay.length > 0) {
        logger.error({ underWay }, "stopped with work under way");
        code ||= exitCodes.failed;
      }
    } catch (error) {
      logger.error({ err: error }, "the stop failed");
      code ||= exitCodes.failed;
    }
    clearTimeout(timer);
    exit(code);
  };

  return Object.assign(stop, {
    onSignal(signal: "SIGTERM" | "SIGINT"): void {
      if (stopping) {
        logger.error({ signal, underWay: inHand() }, "a second signal: ending at once");
        exit(128 + signalNumbers[signal]);
        return;
      }
      void stop(signal, exitCodes.stopped);
    },
    isStopping: () => stopping,
  });
}
