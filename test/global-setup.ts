import { openTestStack } from "./stack.ts";

/** Gives the integration tests a stack through the environment; resolves to what takes it down again. */
export default async function setUp(): Promise<() => Promise<void>> {
  const opening = openTestStack();
  // Vitest does not come back to its teardown after these; a stack that is just starting is stopped once it is up.
  const interrupt = () => void opening.then((stack) => stack.close()).finally(() => process.exit(130));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  const stack = await opening;
  Object.assign(process.env, stack.env);
  return stack.close;
}
