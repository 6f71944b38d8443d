import { type Config, readConfig, type StackSettings, stackSettings } from "@tidemark/runtime";

/** Settings as a service reads them from these variables. */
export function settingsOf(variables: Readonly<Record<string, string>>): Config<StackSettings> {
  return readConfig(stackSettings, variables);
}
