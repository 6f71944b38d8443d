import type { CustomerState } from "../customer.ts";
import { ByteReader } from "../features/bytes.ts";
import type { SubjectPlan } from "./plan.ts";

/** A feature's state, unpacked where it still was not; undefined where nothing was folded into it. */
export function featureState(plan: SubjectPlan, state: CustomerState, index: number): unknown {
  const known = state.features[index];
  if (known !== undefined) return known;
  const { packed } = state;
  const from = packed?.from[index] ?? -1;
  const feature = plan.features[index];
  if (packed === null || from < 0 || feature === undefined) return undefined;
  const read = feature.shape.read(new ByteReader(packed.bytes, from, packed.to[index]));
  state.features[index] = read;
  return read;
}
