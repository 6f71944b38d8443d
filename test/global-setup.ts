import { openTestStack } from "./stack.ts";

/** Gives the integration tests a stack through the environment; resolves to what takes it down again. */
export default async function setUp(): Promise<() => Promise<void>> {
  const stack = await openTestStack();
  Object.assign(process.env, stack.env);
  return stack.close;
}
