/**
 * Preloaded (`node --import`) into a process that is to have a defect, which SIMULATE_DEFECT holds as JSON: its module
 * is changed on the way from the disk, before its types are stripped.
 */
import { registerHooks } from "node:module";
import { type Defect, plantedIn } from "./defect.ts";

const defect: Defect = JSON.parse(process.env.SIMULATE_DEFECT ?? "null");
const url = new URL(`../../../${defect.file}`, import.meta.url).href;
let isPlanted = false;

registerHooks({
  load(found, context, nextLoad) {
    const loaded = nextLoad(found, context);
    if (found !== url) return loaded;
    const { source } = loaded;
    if (source == null) throw new Error(`${defect.file} is loaded without its text`);
    const text = typeof source === "string" ? source : new TextDecoder().decode(source);
    isPlanted = true;
    return { ...loaded, source: plantedIn(defect, text) };
  },
});

process.once("exit", (code) => {
  if (code !== 0 || isPlanted) return;
  console.error(`the defect ${defect.name} is not planted: nothing of the simulator loads ${defect.file}`);
  process.exitCode = 2;
});
