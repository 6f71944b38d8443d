/** All of them, in the order of the table. */
import { consumerDefects } from "./consumers.ts";
import type { Defect } from "./defect.ts";
import { foldDefects } from "./fold.ts";
import { identityDefects } from "./identity.ts";
import { intakeDefects } from "./intake.ts";
import { ownerDefects } from "./owner.ts";
import { sweepDefects } from "./sweep.ts";

export const defects: readonly Defect[] = [
  ...ownerDefects,
  ...foldDefects,
  ...sweepDefects,
  ...identityDefects,
  ...intakeDefects,
  ...consumerDefects,
];

/** Throws with the names that there are. */
export function defectNamed(name: string): Defect {
  const found = defects.find((defect) => defect.name === name);
  if (found === undefined)
    throw new RangeError(
      `there is no defect "${name}"; there are ${defects.map((one) => one.name).join(", ")}`,
    );
  return found;
}
