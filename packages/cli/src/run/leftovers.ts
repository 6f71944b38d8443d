/** Services that an earlier start left running, because it was asked to or was killed. */
import { endRecorded, runningProcesses } from "./process-record.ts";

/** The process that supervises, on record among its services. */
export const starterName = "start";

/** Ends the services on record in order that none is restarted; answers their names. */
export async function stopServices(runFolder: string): Promise<readonly string[]> {
  const services = [...runningProcesses(runFolder)].filter(([name]) => name !== starterName);
  await Promise.all(services.map(([name, identity]) => endRecorded(runFolder, name, identity)));
  return services.map(([name]) => name);
}
