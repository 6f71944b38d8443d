/** A place kept as an attribute lies within a distance: a list [lat, lon], or `lat` and `lon` below the attribute. */
import { type Attributes, attributeAt } from "../features/attributes.ts";
import { type Coordinates, haversine, haversineLimit } from "../great-circle.ts";
import { type Evaluate, never } from "./condition.ts";

export function near(path: readonly string[], centre: Coordinates, withinMetres: number): Evaluate {
  const dotted = path.join(".");
  const limit = haversineLimit(withinMetres);
  return (evaluation) => {
    evaluation.until = never;
    const place = coordinatesAt(evaluation.state.attributes, dotted);
    return place !== undefined && haversine(centre, place) < limit;
  };
}

function coordinatesAt(attributes: Attributes, path: string): Coordinates | undefined {
  const value = attributeAt(attributes, path);
  const parts = Array.isArray(value)
    ? value
    : [attributeAt(attributes, `${path}.lat`), attributeAt(attributes, `${path}.lon`)];
  const [latitude, longitude] = [degreesOf(parts[0]), degreesOf(parts[1])];
  const isPlace = parts.length === 2 && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return isPlace ? { latitude, longitude } : undefined;
}

const degreesPattern = /^\s*[+-]?\d{1,3}(?:\.\d{1,20})?\s*$/;

/** Not a number where it tells none. */
function degreesOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && degreesPattern.test(value) ? Number(value) : Number.NaN;
}
