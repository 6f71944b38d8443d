/**
 * Great-circle distance on a sphere with the Earth's mean radius (R1 of the IUGG, 6,371,008.8 m), by the haversine
 * formula. Sines are written out with + - * / alone, so that every machine and ClickHouse's SQL find the same number.
 */

const radiusMetres = 6_371_008.8;

export interface Coordinates {
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
}

/** The sine of an angle in radians, from -pi/2 to pi/2: Taylor's series to the term below the last bit. */
function sine(angle: number): number {
  const square = angle * angle;
  let series = 1;
  for (let term = 23; term > 1; term -= 2) series = 1 - (series * square) / (term * (term - 1));
  return angle * series;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

/** sin^2 of half the angle between two points: rises with their distance, from 0 to 1. */
export function haversine(a: Coordinates, b: Coordinates): number {
  const across = sine(radians((b.latitude - a.latitude) / 2));
  const turn = Math.abs(b.longitude - a.longitude) / 2;
  const along = sine(radians(turn > 90 ? 180 - turn : turn));
  const cosines = sine(radians(90 - Math.abs(a.latitude))) * sine(radians(90 - Math.abs(b.latitude)));
  return across * across + cosines * along * along;
}

/** Below this a distance, rounded to whole metres, is at most `metres`. */
export function haversineLimit(metres: number): number {
  const angle = (metres + 0.5) / (2 * radiusMetres);
  if (angle >= Math.PI / 2) return Number.POSITIVE_INFINITY;
  return sine(angle) * sine(angle);
}
