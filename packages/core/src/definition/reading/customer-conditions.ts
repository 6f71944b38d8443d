/** Conditions over what a customer is: attributes, place, bucket. */
import { toUnits } from "../../decimal.ts";
import type { Condition } from "../definition.ts";
import { anyComparators, anyComparison } from "./comparison.ts";
import type { Form } from "./form.ts";
import { type Fields, fields, required, text } from "./json.ts";
import { dottedPath } from "./name.ts";
import { path } from "./path.ts";
import { note, type Place, show, within } from "./place.ts";

export const attributeForm: Form = { keys: [...anyComparators, "ignoreCase"], read: attributeCondition };

export const splitForm: Form = { keys: [], read: (found) => required(found, "split", split) };

export const nearForm: Form = { keys: [], read: (found) => required(found, "near", near) };

function attributeCondition(found: Fields): Condition {
  const from = required(found, "attribute", path);
  const compare = anyComparison(found);
  if (from.from !== "attribute" && from.take === undefined && compare.op !== "exists")
    note(within(found.place, "attribute"), "the time of an event", "`take: PROPERTY`; `date` compares times");
  return { op: "attribute", path: from, compare };
}

function split(value: unknown, place: Place): Condition {
  const found = fields(value, place, ["of", "from", "to"]);
  const { faults } = found.place.findings;
  const of = required(found, "of", text(200, "a name of the split"));
  const before = faults.length;
  const from = required(found, "from", percent);
  const to = required(found, "to", percent);
  if (faults.length === before && from >= to)
    note(within(found.place, "to"), show(found.get("to")), `more than \`from\`, ${show(found.get("from"))}`);
  return { op: "split", of, from, to };
}

function percent(value: unknown, place: Place): number {
  const isPercent = typeof value === "number" && value >= 0 && value <= 100;
  if (isPercent && toUnits(value) / 10_000 === value) return value + 0;
  note(place, show(value), "a number of percent from 0 to 100 with at most four decimal places");
  return 0;
}

function near(value: unknown, place: Place): Condition {
  const found = fields(value, place, ["attribute", "of", "within"]);
  const attribute = required(found, "attribute", dottedPath);
  const [latitude, longitude] = required(found, "of", coordinates);
  return {
    op: "near",
    path: attribute,
    latitude,
    longitude,
    withinMetres: required(found, "within", distance),
  };
}

function coordinates(value: unknown, place: Place): readonly [number, number] {
  const expected = "[latitude, longitude] in degrees, such as [52.52, 13.405]";
  if (!Array.isArray(value) || value.length !== 2) {
    note(place, show(value), expected);
    return [0, 0];
  }
  return [degrees(value[0], within(place, 0), 90), degrees(value[1], within(place, 1), 180)];
}

function degrees(value: unknown, place: Place, most: number): number {
  if (typeof value === "number" && Math.abs(value) <= most) return value + 0;
  note(place, show(value), `degrees from -${most} to ${most}`);
  return 0;
}

const distancePattern = /^(\d{1,8})(?:\.(\d{1,3}))? (m|km)$/;

/** Half of the equator is some 20,015 km; nothing is further away. */
const furthestMetres = 20_016_000;

/** In metres, whole. */
function distance(value: unknown, place: Place): number {
  const match = typeof value === "string" ? distancePattern.exec(value) : null;
  const thousandths = match === null ? 0 : Number(match[1]) * 1_000 + Number((match[2] ?? "").padEnd(3, "0"));
  const metres = match?.[3] === "km" ? thousandths : thousandths / 1_000;
  if (metres > 0 && metres <= furthestMetres && Number.isInteger(metres)) return metres;
  note(place, show(value), `a distance in whole metres, such as 30 km or 500 m, at most ${furthestMetres} m`);
  return 1;
}
