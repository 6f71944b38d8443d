import type { Logger } from "@tidemark/runtime";

const quiet = () => {};

export const silentLogger = {
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  fatal: quiet,
} as unknown as Logger;
