/**
 * Preloaded (`node --import`) into a process that is to have the defect of which SIMULATE_DEFECT is the name: the
 * module is changed on its way from the disk, before its types are stripped.
 */
import { registerHooks } from "node:module";
import { plantedIn } from "./defect.ts";
import { defectNamed } from "./defects.ts";

export const defectVariable = "SIMULATE_DEFECT";

const defect = defectNamed(process.env[defectVariable] ?? "");
const url = new URL(`../../../${defect.file}`, import.meta.url).href;
let isPlanted = false;

registerHooks({
  load(found, context, nextLoad) {
    const loaded = nextLoad(found, context);
    if (found !== url) return loaded;
    if (loaded.source === undefined) throw new Error(`${defect.file} is loaded without its text`);
    const text = typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array);
    isPlanted = true;
    return { ...loaded, source: plantedIn(defect, text.toString()) };
  },
});

process.once("exit", (code) => {
  if (code !== 0 || isPlanted) return;
  console.error(`the defect ${defect.name} is not planted: nothing of the simulator loads ${defect.file}`);
  process.exitCode = 2;
});
