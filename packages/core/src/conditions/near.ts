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
  const [latitude, longitude] = Array.isArray(value)
    ? value.length === 2
      ? value.map(degreesOf)
      : []
    : [degreesOf(attributeAt(attributes, `${path}.lat`)), degreesOf(attributeAt(attributes, `${path}.lon`))];
  if (latitude === undefined || longitude === undefined) return undefined;
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return undefined;
  return { latitude, longitude };
}

const degreesPattern = /^\s*[+-]?\d{1,3}(?:\.\d{1,20})?\s*$/;

function degreesOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "string" && degreesPattern.test(value) ? Number(value) : undefined;
}
