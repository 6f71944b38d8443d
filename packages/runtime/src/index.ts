export * from "./config.ts";
export * from "./definition-set.ts";
export * from "./ports/clock.ts";
export * from "./ports/log.ts";
export * from "./ports/state-store.ts";
export * from "./ports/warehouse.ts";
export * from "./service.ts";
