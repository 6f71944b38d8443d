/** What a process used so far, as Linux tells it. */
import { readFileSync } from "node:fs";

export interface ProcessUsage {
  /** Processor time in microseconds. */
  readonly cpuUs: number;
  readonly residentBytes: number;
}

/** The kernel counts in hundredths of a second and in pages of 4 KiB. */
const tickUs = 10_000;
const pageBytes = 4_096;

export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Behind the name in brackets: field 14 is user time, 15 system time (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const resident = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1];
  return {
    cpuUs: (Number(fields[11]) + Number(fields[12])) * tickUs,
    residentBytes: Number(resident) * pageBytes,
  };
}
