/** Conditions: a mapping with one form's key, that form's other keys, and a comparator where the form takes one. */
import type { Condition } from "../definition.ts";
import { attributeForm, nearForm, splitForm } from "./customer-conditions.ts";
import { ageForm, anniversaryForm, dateForm } from "./date-conditions.ts";
import { aggregateForm, didForm, rhythmForm, sequenceForm, sinceForm } from "./event-conditions.ts";
import type { Form } from "./form.ts";
import { fields, isMapping, list, required } from "./json.ts";
import { nearestName } from "./nearest.ts";
import { listed, note, type Place, show } from "./place.ts";
import {
  classificationForm,
  engagementForm,
  lapsingForm,
  listForm,
  metricForm,
  ratioForm,
  segmentForm,
  shareForm,
} from "./reference-conditions.ts";
import { scoreCondition, scoreKeys } from "./score.ts";

const formOf: Readonly<Record<string, Form>> = {
  all: { keys: [], read: (found) => ({ op: "all", of: required(found, "all", conditions) }) },
  any: { keys: [], read: (found) => ({ op: "any", of: required(found, "any", conditions) }) },
  not: { keys: [], read: (found) => ({ op: "not", of: required(found, "not", condition) }) },
  attribute: attributeForm,
  date: dateForm,
  age: ageForm,
  anniversary: anniversaryForm,
  count: aggregateForm("count"),
  sum: aggregateForm("sum"),
  average: aggregateForm("average"),
  minimum: aggregateForm("minimum"),
  maximum: aggregateForm("maximum"),
  distinct: aggregateForm("distinct"),
  metric: metricForm,
  since: sinceForm,
  sequence: sequenceForm,
  did: didForm,
  rhythm: rhythmForm,
  ratio: ratioForm,
  engagement: engagementForm,
  score: { keys: scoreKeys, read: scoreCondition },
  top: shareForm("top"),
  bottom: shareForm("bottom"),
  segment: segmentForm,
  classification: classificationForm,
  lapsing: lapsingForm,
  list: listForm,
  split: splitForm,
  near: nearForm,
};
const forms = Object.keys(formOf);

const nothing: Condition = { op: "any", of: [] };

export function condition(value: unknown, place: Place): Condition {
  if (!isMapping(value)) {
    note(place, show(value), `a condition: ${listed(forms)}`);
    return nothing;
  }
  const given = forms.filter((form) => Object.hasOwn(value, form));
  const [name = ""] = given;
  const form = formOf[name];
  if (form === undefined) {
    const [first = ""] = Object.keys(value);
    note(place, show(value), `a condition: ${listed(forms)}`, nearestName(first, forms));
    return nothing;
  }
  if (given.length > 1) {
    note(place, given.join(" and "), "one form in a condition; `all` and `any` join several");
    return nothing;
  }
  return form.read(fields(value, place, [name, ...form.keys]));
}

function conditions(value: unknown, place: Place): Condition[] {
  return list(value, place, condition, { least: 0, of: "conditions" });
}
