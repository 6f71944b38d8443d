export * from "./change-order.ts";
export * from "./codec.ts";
export * from "./records.ts";
export * from "./topics.ts";
