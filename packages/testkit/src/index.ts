export * from "./memory-state-store.ts";
