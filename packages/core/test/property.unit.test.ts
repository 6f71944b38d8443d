import { expect, it } from "vitest";
import { propertyReader } from "../src/features/property.ts";

const properties = {
  total: 12,
  none: null,
  list: [1, 2],
  items: [{ sku: "a", tags: ["x"] }, null, { sku: null }, { sku: "b" }, "sku", 7, [{ sku: "c" }]],
  address: { city: "Bonn", streets: { first: 1 } },
  text: "length",
};

it.each([
  ["total", [12]],
  ["none", []],
  ["absent", []],
  // What every object has by birth is no property of an event.
  ["toString", []],
  ["address.toString", []],
  ["text.length", []],
  ["total.toFixed", []],
  ["none.sku", []],
  ["absent.sku", []],
  ["address.city", ["Bonn"]],
  ["address.streets.first", [1]],
  ["address.streets", [{ first: 1 }]],
  // A list is a value itself where the path ends; on the way it stands for its items, those in lists too.
  ["list", [[1, 2]]],
  ["items.sku", ["a", "b", "c"]],
  ["items.tags", [["x"]]],
  ["list.sku", []],
])("at %s there are %j", (path, values) => {
  expect(propertyReader(path.split("."))(properties)).toEqual(values);
});
