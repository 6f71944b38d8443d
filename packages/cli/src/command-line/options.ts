/** Options of a command: declared once with a sentence each, read with every fault at once. */
import { parseArgs } from "node:util";
import { nearestName } from "./nearest.ts";

type Option =
  | { readonly type: "flag"; readonly about: string }
  /** `value` is what usage calls it. */
  | { readonly type: "text"; readonly value: string; readonly about: string };

export type Options = Readonly<Record<string, Option>>;

type OptionValues<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { readonly type: "flag" } ? boolean : string | undefined;
};

export interface CommandLine<O extends Options> {
  readonly values: OptionValues<O>;
  readonly positionals: readonly string[];
  /** One sentence each. Where there are any, the values are not to be used. */
  readonly faults: readonly string[];
}

/** Reads `--name`, `--name value` and `--name=value`; everything else is a positional. */
export function readOptions<O extends Options>(options: O, given: readonly string[]): CommandLine<O> {
  const { tokens } = parseArgs({
    args: [...given],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type }]) => [
        name,
        { type: type === "flag" ? ("boolean" as const) : ("string" as const) },
      ]),
    ),
  });
  const faults: string[] = [];
  const positionals: string[] = [];
  const values: Record<string, string | boolean | undefined> = Object.fromEntries(
    Object.entries(options).map(([name, { type }]) => [name, type === "flag" ? false : undefined]),
  );
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) {
      const nearest = nearestName(token.name, Object.keys(options));
      faults.push(`${token.rawName} is no option${nearest ? `; is --${nearest} meant?` : ""}`);
    } else if (option.type === "flag") {
      if (token.value !== undefined) faults.push(`${token.rawName} takes no value, found "${token.value}"`);
      values[token.name] = true;
    } else if (values[token.name] !== undefined) {
      faults.push(`${token.rawName} is given twice`);
    } else if (token.value === undefined || token.value === "" || isOptionName(token)) {
      faults.push(`${token.rawName} needs a value: ${token.rawName} ${option.value}`);
    } else {
      values[token.name] = token.value;
    }
  }
  return { values: values as OptionValues<O>, positionals, faults };
}

/** `--orders --check`: the value was forgotten. */
function isOptionName(token: {
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}) {
  return token.inlineValue !== true && token.value?.startsWith("--") === true;
}

/** The lines of `--help` for these options. */
export function describeOptions(options: Options): string {
  const names = Object.entries(options).map(
    ([name, option]) => `  --${name}${option.type === "text" ? ` ${option.value}` : ""}`,
  );
  const width = Math.max(...names.map((name) => name.length)) + 2;
  return Object.values(options)
    .map((option, index) => `${(names[index] ?? "").padEnd(width)}${option.about}`)
    .join("\n");
}
