import { createMemoryStateStore } from "@tidemark/testkit";
import { stateStoreContract } from "./state-store-contract.ts";

stateStoreContract("in memory", async () => {
  const store = createMemoryStateStore();
  return { store, reconnect: async () => store.reconnect() };
});
