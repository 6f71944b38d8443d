import { runIntake } from "@tidemark/intake";
import { settings } from "./settings.ts";
import { lifecycleSource } from "./source.ts";

await runIntake("lifecycle", settings, lifecycleSource);
