/** A customer's features: held, or still packed. */
import type { CustomerState } from "../customer.ts";
import { lowerBound } from "../features/bounds.ts";
import { ByteReader } from "../features/bytes.ts";
import type { SubjectPlan } from "./plan.ts";

/** Unpacked where it still was not; undefined where nothing was folded into it. By the plan's index. */
export function featureState(plan: SubjectPlan, state: CustomerState, index: number): unknown {
  const known = state.features[index];
  if (known !== undefined) return known;
  const { bytes, features, from, to } = state.packed;
  const place = lowerBound(features, index);
  const feature = plan.features[index];
  if (features[place] !== index || feature === undefined) return undefined;
  const read = feature.shape.read(new ByteReader(bytes, from[place], to[place]));
  state.features[index] = read;
  return read;
}

/** The same to fold into, made where nothing was; its packed part does not stand any more. */
export function touchedFeature(plan: SubjectPlan, state: CustomerState, index: number): unknown {
  const held = featureState(plan, state, index) ?? plan.features[index]?.shape.empty();
  state.features[index] = held;
  const { features, from, to, changed } = state.packed;
  const place = lowerBound(features, index);
  if (features[place] === index) changed[place] = true;
  else {
    features.splice(place, 0, index);
    from.splice(place, 0, -1);
    to.splice(place, 0, -1);
    changed.splice(place, 0, true);
  }
  return held;
}
