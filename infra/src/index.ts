export { hasContainerEngine, startContainers } from "./containers.ts";
export type { OnProgress } from "./install.ts";
export { defaultPorts, freePorts, type StackPorts } from "./ports.ts";
export {
  removeAbandonedStacks,
  type Stack,
  type StackOptions,
  type StackPart,
  startStack,
  stopStack,
} from "./stack.ts";
