/** `npm stop`: stops whatever `npm start` left running, or still runs in another terminal. */
import process from "node:process";
import { readConfig } from "@tidemark/runtime";
import { endProcess, stopContainers, stopStack } from "../../../infra/src/index.ts";
import { homeAt, readAddresses } from "./run/home.ts";
import { starterName, stopServices } from "./run/leftovers.ts";
import { runningProcesses } from "./run/process-record.ts";
import { startSettings } from "./run/settings.ts";

if (process.argv.includes("--help")) {
  process.stdout.write("Usage: npm stop\n\nStops what npm start runs or left running; the data stay.\n");
} else {
  const home = homeAt(readConfig(startSettings, process.env).TIDEMARK_HOME);
  const stopped: string[] = [];
  // Whoever supervises stops first, and takes the others along; else it would start them again.
  const starter = runningProcesses(home.run).get(starterName);
  if (starter !== undefined) {
    const services = [...runningProcesses(home.run).keys()].filter((name) => name !== starterName);
    await endProcess(starter);
    stopped.push(`npm start (process ${starter.pid})`, ...services, "the stack");
  }
  stopped.push(...(await stopServices(home.run)), ...(await stopStack(home.stack)));
  if (readAddresses(home).TIDEMARK_STACK === "containers") {
    await stopContainers();
    stopped.push("containers");
  }
  process.stdout.write(stopped.length === 0 ? "Nothing was running\n" : `Stopped ${stopped.join(", ")}\n`);
}
