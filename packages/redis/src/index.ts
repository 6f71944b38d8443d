export * from "./redis-state-store.ts";
