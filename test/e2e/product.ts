/** The whole product in a folder of its own on free ports, opened as `npm start` opens it, for tests to take apart. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readConfig, systemClock } from "@tidemark/runtime";
import { freePortNumbers } from "../../infra/src/index.ts";
import { applyFiles } from "../../packages/cli/src/commands/apply.ts";
import { openLoads } from "../../packages/cli/src/drain/open-loads.ts";
import { readPipeline } from "../../packages/cli/src/drain/pipeline.ts";
import { waitUntilDrained } from "../../packages/cli/src/drain/wait.ts";
import { type Home, openHome } from "../../packages/cli/src/run/home.ts";
import { startSettings } from "../../packages/cli/src/run/settings.ts";
import { openProduct, type Product } from "../../packages/cli/src/start/product.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const demoPacks = ["packs/demo/demo.yaml", "packs/rfm/rfm.yaml"].map((file) => join(root, file));
const quiet = { say: () => {}, bars: () => {}, clear: () => {} };

export interface TestProduct extends Product {
  readonly home: Home;
  /** Resolves to an instant up to which everything is done. */
  drained(): Promise<number>;
  /** The process that runs a service now; undefined while there is none. */
  pidOf(service: string): number | undefined;
  close(): Promise<void>;
}

/** Starts the stack and the interface, and applies the definitions of these files. No other service runs yet. */
export async function openTestProduct(
  partitions: number,
  files: readonly string[] = demoPacks,
): Promise<TestProduct> {
  const parent = join(root, ".tidemark", "test");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "product-"));
  const home = openHome(folder);
  const config = readConfig(startSettings, {
    ...(await portSettings()),
    TIDEMARK_HOME: folder,
    KAFKA_CLIENT: "platformatic",
    CUSTOMER_EVENTS_PARTITIONS: String(partitions),
  });
  const product = await openProduct({ config, home, clock: systemClock, progress: quiet }, true);
  const close = async (): Promise<void> => {
    await product.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    product.supervisor.start(product.services("UTC").api);
    await product.supervisor.ready();
    if (files.length > 0) await applyFiles(product.apiUrl, files);
  } catch (error) {
    await close();
    throw error;
  }
  const { log, store, warehouse } = product;
  const ports = { log, store, now: Date.now, openLoads: () => openLoads(warehouse) };
  return {
    ...product,
    home,
    drained: () => waitUntilDrained(() => readPipeline(ports), systemClock, quiet),
    pidOf(service) {
      const file = join(home.run, `${service}.pid`);
      return existsSync(file) ? Number(readFileSync(file, "utf8")) || undefined : undefined;
    },
    close,
  };
}

/** A free port for each setting that is one. */
export async function portSettings(): Promise<Readonly<Record<string, string>>> {
  const names = Object.keys(startSettings).filter((name) => name.endsWith("_PORT"));
  const ports = await freePortNumbers(names.length);
  return Object.fromEntries(names.map((name, at) => [name, String(ports[at])]));
}
