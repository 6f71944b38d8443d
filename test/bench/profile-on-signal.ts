/**
 * Preloaded into a service that is measured (`node --import`): SIGUSR2 begins a CPU profile, the next one ends it and
 * writes it to a file of its own in `PROFILE_DIR`.
 */
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";

const session = new Session();
let isRunning = false;

async function turn(): Promise<void> {
  isRunning = !isRunning;
  if (isRunning) {
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    return;
  }
  const { profile } = await session.post("Profiler.stop");
  writeFileSync(join(process.env.PROFILE_DIR ?? ".", `${Date.now()}.cpuprofile`), JSON.stringify(profile));
}

if (isMainThread) {
  session.connect();
  process.on("SIGUSR2", () => void turn());
}
