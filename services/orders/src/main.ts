import { runIntake } from "@tidemark/intake";
import { settings } from "./settings.ts";
import { ordersSource } from "./source.ts";

await runIntake("orders", settings, ordersSource);
