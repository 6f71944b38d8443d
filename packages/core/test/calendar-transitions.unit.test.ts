/** Every transition of every zone from 1970 to 2100 against a date library; see calendar-zones.unit.test.ts. */
import { describe, expect, it } from "vitest";
import { compareZone } from "./calendar-comparison.ts";

const zones = Intl.supportedValuesOf("timeZone");

/** Always compared in full: skipped dates, midnights skipped or repeated, odd offsets, transitions days apart. */
const special = [
  "Africa/Cairo",
  "Africa/Casablanca",
  "Africa/Monrovia",
  "America/Boa_Vista",
  "America/Havana",
  "America/Sao_Paulo",
  "America/St_Johns",
  "Asia/Beirut",
  "Asia/Gaza",
  "Asia/Kathmandu",
  "Asia/Pyongyang",
  "Atlantic/Azores",
  "Australia/Lord_Howe",
  "Europe/Berlin",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Pacific/Enderbury",
  "Pacific/Kiritimati",
  "Pacific/Kwajalein",
  "UTC",
];

const seed = Number(process.env.CALENDAR_SEED ?? Date.now() % 1_000_000);

describe("zones, against a date library", () => {
  it(`given each zone of the runtime, then two days about each transition agree (CALENDAR_SEED=${seed})`, () => {
    // Many zones change together, in the same way. One of them is compared in full, another one in the next run.
    const first = seed % zones.length;
    const full = new Set<string>();
    const faults: string[] = [];
    let transitions = 0;
    for (const zone of new Set([...special, ...zones.slice(first), ...zones.slice(0, first)])) {
      const comparison = compareZone(zone);
      for (const transition of comparison.transitions()) {
        const shape = `${transition.at} ${transition.before} ${transition.after}`;
        if (special.includes(zone) || !full.has(shape)) comparison.transition(transition);
        else comparison.edges(transition);
        full.add(shape);
        transitions += 1;
      }
      faults.push(...comparison.faults);
    }
    expect(faults.slice(0, 20)).toEqual([]);
    // The zone data of 2026 has 36,352 of them in these years.
    expect(transitions).toBeGreaterThan(30_000);
  }, 600_000);
});
