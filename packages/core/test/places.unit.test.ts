import { describe, expect, it } from "vitest";
import { whetherWith } from "./support/whether.ts";

/** So far that every place on Earth is within it: half a great circle is 20,015,114 m. */
const anywhere = { near: { attribute: "place", of: [0, 0], within: "20016 km" } };

describe("what is a place", () => {
  it.each([
    [[52.52, 13.405]],
    [["52.52", "13.405"]],
    [[" +52.52 ", "-13.405"]],
    [[90, 180]],
    [[-90, -180]],
    [{ lat: 52.52, lon: 13.405 }],
    [{ lat: "52.52", lon: "13", name: "Berlin" }],
  ])("given %j, then it is one", (place) => {
    expect(whetherWith({ place }, anywhere)).toBe(true);
  });

  it.each([
    // Latitudes end at the poles, longitudes at the date line.
    [[90.1, 0]],
    [[-90.1, 0]],
    [[0, 180.1]],
    [[0, -180.1]],
    [[91, 181]],
    [[1]],
    [[1, 2, 3]],
    [[]],
    [[null, 1]],
    [[1, null]],
    [[true, true]],
    [["1", "x"]],
    [["x", "1"]],
    [["1x", "1"]],
    [["x1", "1"]],
    [["1e1", "1"]],
    [["1234", "1"]],
    [["1.", "1"]],
    [["", ""]],
    [[[1], [2]]],
    [{ lat: 1 }],
    [{ lon: 1 }],
    [{ lat: 1, lon: null }],
    [{ lat: false, lon: 1 }],
    ["1,2"],
    [7],
  ])("given %j, then it is none", (place) => {
    expect(whetherWith({ place }, anywhere)).toBe(false);
  });
});
