/** `near`: the haversine of core's `great-circle.ts`, with sines written out, so that both find the same number. */
import { type Condition, haversineLimit } from "@tidemark/core";
import type { Context } from "../context.ts";
import { columnName } from "../text.ts";

/** Taylor's series, in the order in which core works it out. */
function sine(angle: string): string {
  let series = "1.0";
  for (let term = 23; term > 1; term -= 2) series = `(1.0 - (${series} * (a * a)) / ${term * (term - 1)})`;
  return `arrayMap(a -> a * ${series}, [${angle}])[1]`;
}

function radians(degrees: string): string {
  return `((${degrees}) * ${Math.PI} / 180)`;
}

export function near(
  context: Context,
  { path, latitude, longitude, withinMetres }: Extract<Condition, { op: "near" }>,
): string {
  const { named, attribute } = context;
  const name = columnName("place", ...path);
  const list = attribute(path);
  const parts = named(
    name,
    `if(isList(${list}), JSONExtractArrayRaw(${list}), [${attribute([...path, "lat"])}, ${attribute([...path, "lon"])}])`,
  );
  const degrees = (place: number): string =>
    `multiIf(match(${parts}[${place}], '^-?[0-9]'), toFloat64OrNull(${parts}[${place}]), isText(${parts}[${place}]) AND match(textOf(${parts}[${place}]), '^\\\\s*[+-]?[0-9]{1,3}([.][0-9]{1,20})?\\\\s*$'), toFloat64OrNull(trimBoth(textOf(${parts}[${place}]))), NULL)`;
  const lat = named(columnName(name, "lat"), `ifNull(${degrees(1)}, nan)`);
  const lon = named(columnName(name, "lon"), `ifNull(${degrees(2)}, nan)`);
  const across = named(
    columnName(name, "across", String(latitude)),
    sine(radians(`(${lat} - ${float(latitude)}) / 2`)),
  );
  const turn = `abs(${lon} - ${float(longitude)}) / 2`;
  const along = named(
    columnName(name, "along", String(longitude)),
    sine(radians(`if(${turn} > 90, 180 - ${turn}, ${turn})`)),
  );
  const cosines = named(
    columnName(name, "cosines", String(latitude)),
    `${sine(radians(`90 - abs(${float(latitude)})`))} * ${sine(radians(`90 - abs(${lat})`))}`,
  );
  const limit = haversineLimit(withinMetres);
  const isNear = Number.isFinite(limit)
    ? `${across} * ${across} + ${cosines} * ${along} * ${along} < ${float(limit)}`
    : "true";
  return `(length(${parts}) = 2 AND abs(${lat}) <= 90 AND abs(${lon}) <= 180 AND ${isNear})`;
}

function float(value: number): string {
  return `toFloat64(${value})`;
}
