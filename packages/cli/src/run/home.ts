/** The folder of one running product: what is where. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../..", import.meta.url));

export interface Home {
  /** Data of the stack. */
  readonly stack: string;
  readonly logs: string;
  /** Process ids, and the addresses of what runs now. */
  readonly run: string;
}

/** `folder` is taken from the repository's root unless it is absolute; it need not be there. */
export function homeAt(folder: string): Home {
  const at = resolve(root, folder);
  return { stack: join(at, "stack"), logs: join(at, "logs"), run: join(at, "run") };
}

/** The same, with its folders made where they are missing. */
export function openHome(folder: string): Home {
  const home = homeAt(folder);
  for (const part of Object.values(home)) mkdirSync(part, { recursive: true });
  return home;
}

/** The addresses of what runs, so that `npm run tidemark` finds them; also for a shell to read. */
export function writeAddresses(home: Home, addresses: Readonly<Record<string, string>>): void {
  const lines = Object.entries(addresses).map(([name, value]) => `export ${name}=${value}\n`);
  writeFileSync(addressFile(home), lines.join(""), { mode: 0o600 });
}

/** What `writeAddresses` wrote last; empty where nothing ever ran. */
export function readAddresses(home: Home): Readonly<Record<string, string>> {
  const file = addressFile(home);
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, "utf8").matchAll(/^export (\w+)=(.*)$/gm);
  return Object.fromEntries([...lines].map(([, name = "", value = ""]) => [name, value]));
}

const addressFile = (home: Home): string => join(home.run, "addresses.env");

/** The secret that signs the demo's webhooks, as Standard Webhooks writes them; made once, readable by us alone. */
export function webhookSecret(home: Home): string {
  const file = join(home.stack, "webhook-secret");
  if (!existsSync(file))
    writeFileSync(file, `whsec_${randomBytes(24).toString("base64")}`, { mode: 0o600, flag: "wx" });
  return readFileSync(file, "utf8");
}
