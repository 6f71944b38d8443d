export * from "./archiver.ts";
export * from "./metrics.ts";
export * from "./migrations.ts";
export * from "./warehouse.ts";
