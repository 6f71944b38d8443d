/**
 * Every day of every zone of the runtime from 1970 to 2100 against a date library: when it begins, which day it is
 * then and just before, every week, month, quarter and year, every transition. Names of zones as arguments limit it.
 */
import { compareZone } from "./calendar-comparison.ts";
import { firstYear, lastYear, libraryCalendar, periods } from "./calendar-library.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const named = process.argv.slice(2);
const zones = named.length > 0 ? named : Intl.supportedValuesOf("timeZone");
const firstDay = Date.UTC(firstYear, 0, 1) / dayMs;
const lastDay = Date.UTC(lastYear, 11, 31) / dayMs;

const begunAt = performance.now();
const faults: string[] = [];
const lengths = new Map<string, number>();
const repeated = new Map<string, number>();
let [days, transitions, compared] = [0, 0, 0];

for (const [index, zone] of zones.entries()) {
  const comparison = compareZone(zone);
  const library = libraryCalendar(zone);
  for (let day = firstDay; day <= lastDay; day += 1) {
    comparison.day(day);
    for (const period of periods) comparison.period(period, day);
    const length = library.startOfDay(day + 1) - library.startOfDay(day);
    if (length !== dayMs) count(lengths, lengthInWords(length));
    days += 1;
  }
  for (const transition of comparison.transitions()) {
    comparison.transition(transition);
    if (library.dayAt(transition.at) * dayMs > library.wallAt(transition.at)) count(repeated, zone);
    transitions += 1;
  }
  compared += comparison.compared();
  faults.push(...comparison.faults);
  const seconds = Math.round((performance.now() - begunAt) / 1000);
  console.error(
    `${index + 1}/${zones.length} ${zone}: ${comparison.faults.length} differences, ${seconds} s`,
  );
}

for (const fault of faults.slice(0, 100)) console.log(fault);
console.log(
  `${zones.length} zones, ${days} days, ${transitions} transitions, ${compared} values compared, ` +
    `${faults.length} differences (zone data ${process.versions.tz})`,
);
console.log("Days that are not 24 hours long:");
for (const [length, number] of [...lengths].sort()) console.log(`  ${length}: ${number}`);
console.log(
  "Nights in which an hour is repeated across midnight after the later day has begun, which keeps it:",
);
for (const [zone, number] of repeated) console.log(`  ${zone}: ${number}`);
process.exitCode = faults.length > 0 ? 1 : 0;

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** `23:30 h`, with seconds where there are any. */
function lengthInWords(ms: number): string {
  const minutes = Math.floor((ms % hourMs) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  const parts = [Math.floor(ms / hourMs), minutes, ...(seconds > 0 ? [seconds] : [])];
  return `${parts.map((part) => String(part).padStart(2, "0")).join(":")} h`;
}
