import { runIntake } from "@tidemark/intake";
import { settings } from "./settings.ts";
import { interactionsSource } from "./source.ts";

await runIntake("interactions", settings, interactionsSource);
