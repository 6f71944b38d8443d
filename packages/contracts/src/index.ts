export * from "./change-order.ts";
export * from "./codec.ts";
export * from "./identity-records.ts";
export * from "./occurrence.ts";
export * from "./records.ts";
export * from "./source-position.ts";
export * from "./subject-hash.ts";
export * from "./topics.ts";
