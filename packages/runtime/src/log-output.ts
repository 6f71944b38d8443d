/**
 * Where the log goes: a disk that is full, or a reader that went away, must not stop the service that logs. Lines that
 * cannot be written are dropped and counted.
 */
import { writeSync } from "node:fs";

export interface LogOutput {
  write(line: string): void;
  /** Lines dropped since the start. */
  dropped(): number;
}

/** A pipe whose reader is slow is waited for, this long a line at most, in ms. */
const patienceMs = 100;

const pause = new Int32Array(new SharedArrayBuffer(4));

/** `write` is how bytes are written to a file descriptor: it answers how many were, or throws. */
export function createLogOutput(
  fileDescriptor: number,
  write: (fileDescriptor: number, bytes: Uint8Array) => number = writeSync,
): LogOutput {
  let dropped = 0;
  /** The last line stands there in part: what follows begins on a line of its own. */
  let isTorn = false;

  const tryWrite = (bytes: Buffer): boolean => {
    let rest = bytes;
    for (let waitedMs = 0; rest.length > 0; ) {
      try {
        rest = rest.subarray(write(fileDescriptor, rest));
      } catch (error) {
        const isBusy = error instanceof Error && "code" in error && error.code === "EAGAIN";
        if (!isBusy || waitedMs >= patienceMs) {
          isTorn ||= rest.length < bytes.length;
          return false;
        }
        waitedMs += 1;
        Atomics.wait(pause, 0, 0, 1);
      }
    }
    return true;
  };

  return {
    write(line) {
      const isWritten = tryWrite(Buffer.from(isTorn ? `\n${line}` : line));
      if (isWritten) isTorn = false;
      else dropped += 1;
    },
    dropped: () => dropped,
  };
}
