/** The infrastructure of a home: containers where a Docker engine answers, else processes of this machine. */
import type { Config } from "@tidemark/runtime";
import {
  hasContainerEngine,
  type Stack,
  type StackPorts,
  startContainers,
  startStack,
} from "../../../../infra/src/index.ts";
import type { Home } from "./home.ts";
import type { startSettings } from "./settings.ts";

export type StackKind = "containers" | "native";

export async function openStack(
  config: Config<typeof startSettings>,
  home: Home,
  isFresh: boolean,
  say: (message: string) => void,
): Promise<{ readonly kind: StackKind; readonly stack: Stack }> {
  const options = { ports: portsOf(config), fresh: isFresh, onProgress: say };
  const kind = await kindOf(config.TIDEMARK_STACK);
  return {
    kind,
    stack:
      kind === "containers"
        ? await startContainers(options)
        : await startStack({ ...options, dataDir: home.stack }),
  };
}

async function kindOf(setting: string): Promise<StackKind> {
  if (setting === "containers" || setting === "native") return setting;
  return (await hasContainerEngine()) ? "containers" : "native";
}

function portsOf(config: Config<typeof startSettings>): StackPorts {
  return {
    kafka: config.KAFKA_PORT,
    kafkaController: config.KAFKA_CONTROLLER_PORT,
    redis: config.REDIS_PORT,
    registry: config.REGISTRY_PORT,
    clickhouse: config.CLICKHOUSE_PORT,
  };
}
