/**
 * How documents that people write are read: every fault at its place, all at once, the nearest name beside it. For
 * other documents than definitions, which have `parseDefinitions`.
 */
export {
  type Fields,
  fields,
  flag,
  isMapping,
  isWithinBounds,
  list,
  onlyTrue,
  optional,
  required,
  text,
} from "./definition/reading/json.ts";
export { nearestName } from "./definition/reading/nearest.ts";
export {
  faultOf,
  listed,
  note,
  type Place,
  type Read,
  rootPlace,
  show,
  within,
} from "./definition/reading/place.ts";
export { eventCondition } from "./definition/reading/selector.ts";
export { eventTest, type Matches } from "./features/selector.ts";
