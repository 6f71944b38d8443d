export * from "./manual-clock.ts";
export * from "./memory-broker.ts";
export * from "./memory-log.ts";
export * from "./memory-state-store.ts";
