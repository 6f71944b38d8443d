/** What `npm run chaos` is told. */
import { describeOptions, readOptions } from "../../packages/cli/src/command-line/options.ts";
import { type Fault, faults } from "./faults.ts";

const options = {
  only: {
    type: "text",
    value: "FAULTS",
    about: "only those whose names begin so, separated by commas, for instance kill,cut/segments",
  },
  client: { type: "text", value: "CLIENT", about: "platformatic or kafkajs; both unless given" },
  seed: {
    type: "text",
    value: "N",
    about: "from which every pause and choice is drawn (a new one unless given)",
  },
  quick: { type: "flag", about: "each fault once, with one client" },
  rounds: { type: "text", value: "N", about: "how often each fault strikes (1)" },
  list: { type: "flag", about: "names the faults and ends" },
  help: { type: "flag", about: "shows this" },
} as const;

export const clients = ["platformatic", "kafkajs"] as const;
type Client = (typeof clients)[number];

export interface ChaosRun {
  readonly faults: readonly Fault[];
  readonly clients: readonly Client[];
  readonly seed: number;
  readonly rounds: number;
  /** Whether the faults were asked for by name: then all of them strike, else of alternatives one. */
  readonly isNamed: boolean;
}

/** Answers what to run, what to print instead, or every fault of the command line. */
export function readChaosRun(
  words: readonly string[],
  newSeed: () => number,
): { readonly run: ChaosRun } | { readonly print: string } | { readonly faults: readonly string[] } {
  const { values, positionals, faults: wrong } = readOptions(options, [...words]);
  const given = values as Readonly<Record<string, string | boolean | undefined>>;
  if (given.help) return { print: `Usage: npm run chaos -- [...]\n\n${describeOptions(options)}` };
  if (given.list) return { print: faults.map(({ name, about }) => `${name.padEnd(28)} ${about}`).join("\n") };
  const found = [...wrong];
  if (positionals.length > 0) found.push(`"${positionals.join(" ")}" is not understood`);
  const wanted = typeof given.only === "string" ? given.only.split(",") : [""];
  const chosen = faults.filter(({ name }) => wanted.some((start) => name.startsWith(start)));
  if (chosen.length === 0) found.push(`--only is "${given.only}"; expected a fault that --list names`);
  const client = clients.find((one) => one === given.client);
  if (given.client !== undefined && client === undefined)
    found.push(`--client is "${given.client}"; expected one of ${clients.join(", ")}`);
  const whole = (name: "seed" | "rounds", standard: number): number => {
    const number = given[name] === undefined ? standard : Number(given[name]);
    if (!Number.isSafeInteger(number) || number < 1)
      found.push(`--${name} is "${given[name]}"; expected a whole number from 1`);
    return number;
  };
  const seed = whole("seed", newSeed());
  const rounds = whole("rounds", 1);
  if (found.length > 0) return { faults: found };
  const one = client === undefined ? undefined : [client];
  const struck = one ?? (given.quick ? [clients[0]] : clients);
  return { run: { faults: chosen, clients: struck, seed, rounds, isNamed: given.only !== undefined } };
}
