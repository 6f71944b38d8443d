export { hasContainerEngine, startContainers, stopContainers } from "./containers.ts";
export type { OnProgress } from "./install.ts";
export type { KafkaDoor } from "./kafka.ts";
export type { PartControl } from "./part-control.ts";
export { defaultPorts, freePortNumbers, freePorts, requireFreePorts, type StackPorts } from "./ports.ts";
export { endProcess, identify, isRunning, type ProcessIdentity } from "./process-identity.ts";
export { type RedisCluster, type RedisClusterNode, startRedisCluster } from "./redis-cluster.ts";
export {
  type NativeStack,
  type PartName,
  removeAbandonedStacks,
  type Stack,
  type StackOptions,
  type StackPart,
  startStack,
  stopStack,
} from "./stack.ts";
