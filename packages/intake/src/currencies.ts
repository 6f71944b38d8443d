/** Amounts in other currencies, converted at intake with the rate of the event's day. */
import { zoneCalendar } from "@tidemark/core";
import { ConfigError } from "@tidemark/runtime";
import { round } from "./amount.ts";
import { type EventFault, fault, shown } from "./fault.ts";
import { civilDate } from "./occurred-at.ts";

export interface Currencies {
  /** The workspace's own, such as EUR. */
  readonly workspace: string;
  /** How much of the workspace's currency one unit was worth at an instant (ms); null where nobody said. */
  rateOf(code: string, at: number): number | null;
}

/** Rates of a currency, ascending by the day (days since 1970) from which they hold. */
type Rates = readonly { readonly from: number; readonly rate: number }[];

const dayMs = 86_400_000;
const codePattern = /^[A-Z]{3}$/;
const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * `rates` is JSON: `{"USD":0.92}`, or with days from which a rate holds `{"USD":{"2025-01-01":0.96}}`; days are days
 * in `zone`. Throws `ConfigError` with every fault.
 */
export function createCurrencies(settings: {
  readonly workspace: string;
  readonly rates: string;
  readonly zone: string;
}): Currencies {
  const faults: string[] = [];
  if (!codePattern.test(settings.workspace)) {
    faults.push(`WORKSPACE_CURRENCY is ${shown(settings.workspace)}; expected three letters such as EUR`);
  }
  const calendar = zoneCalendar(settings.zone);
  if (calendar === undefined)
    faults.push(`WORKSPACE_ZONE is ${shown(settings.zone)}; expected an IANA zone such as Europe/Berlin`);
  const byCode = readRates(settings.rates, faults);
  if (faults.length > 0 || calendar === undefined) throw new ConfigError(faults);
  return {
    workspace: settings.workspace,
    rateOf(code, at) {
      if (code === settings.workspace) return 1;
      const day = calendar.dayAt(at);
      return byCode.get(code)?.findLast(({ from }) => from <= day)?.rate ?? null;
    },
  };
}

/** What amounts of an event are multiplied with. */
export interface Conversion {
  /** The currency that the source named; null where it is the workspace's. */
  readonly original: string | null;
  readonly rate: number;
}

/**
 * How amounts of an event in `code` become amounts of the workspace; null, with a fault at `path`, where the code
 * is none or has no rate on that day. No code stands for the workspace's currency; `at` null for an unknown time.
 */
export function readConversion(
  currencies: Currencies,
  code: string | number | null | undefined,
  at: number | null,
  faults: EventFault[],
  path = "currency",
): Conversion | null {
  const named = code === null || code === undefined ? "" : String(code).trim().toUpperCase();
  if (named === "" || named === currencies.workspace) return { original: null, rate: 1 };
  if (!codePattern.test(named)) {
    faults.push(fault(path, code, "three letters such as EUR"));
    return null;
  }
  if (at === null) return null;
  const rate = currencies.rateOf(named, at);
  if (rate !== null) return { original: named, rate };
  const day = new Date(at).toISOString().slice(0, 10);
  faults.push(fault(path, named, `${currencies.workspace}, or a currency with a rate on ${day}`, "no-rate"));
  return null;
}

/** An amount in the workspace's currency, with four places. */
export function convert({ rate }: Conversion, value: number): number {
  return rate === 1 ? value : round(value * rate);
}

function readRates(text: string, faults: string[]): ReadonlyMap<string, Rates> {
  const byCode = new Map<string, Rates>();
  if (text.trim() === "") return byCode;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    given = text;
  }
  if (!isObject(given)) {
    faults.push(`EXCHANGE_RATES is ${shown(given)}; expected a JSON object such as {"USD":0.92}`);
    return byCode;
  }
  for (const [code, value] of Object.entries(given)) {
    if (!codePattern.test(code)) {
      faults.push(`EXCHANGE_RATES names ${shown(code)}; expected three letters such as USD`);
    }
    byCode.set(code, isObject(value) ? datedRates(code, value, faults) : [rateFrom(code, value, faults)]);
  }
  return byCode;
}

function datedRates(code: string, dated: Readonly<Record<string, unknown>>, faults: string[]): Rates {
  return Object.entries(dated)
    .map(([date, value]) => {
      const match = datePattern.exec(date);
      const midnight = match && civilDate(Number(match[1]), Number(match[2]), Number(match[3]));
      if (midnight === null)
        faults.push(`EXCHANGE_RATES names the day ${shown(date)} for ${code}; expected YYYY-MM-DD`);
      return rateFrom(code, value, faults, (midnight ?? 0) / dayMs);
    })
    .sort((a, b) => a.from - b.from);
}

function rateFrom(code: string, value: unknown, faults: string[], from = Number.NEGATIVE_INFINITY) {
  const rate = typeof value === "number" && value > 0 && Number.isFinite(value) ? value : null;
  if (rate === null)
    faults.push(`EXCHANGE_RATES gives ${shown(value)} for ${code}; expected a number above 0`);
  return { from, rate: rate ?? 1 };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
