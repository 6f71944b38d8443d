import { describe, expect, it } from "vitest";
import { haversine } from "../src/great-circle.ts";
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

describe("how far places are from one another", () => {
  // sin^2 of half a thousandth of a degree.
  const thousandth = Math.sin((0.0005 / 180) * Math.PI) ** 2;

  it.each([
    [0, 0.001],
    [0.001, 0],
    [179.9995, -179.9995],
    [-179.9995, 179.9995],
    [180, -179.999],
  ])("given longitudes %d and %d on the equator, then they are a thousandth of a degree apart", (a, b) => {
    const found = haversine({ latitude: 0, longitude: a }, { latitude: 0, longitude: b });
    expect(Math.abs(found / thousandth - 1)).toBeLessThan(1e-9);
  });

  it("given a pole, then it is as far from a place whatever longitude it is said to have", () => {
    const equator = { latitude: 0, longitude: 0 };
    for (const latitude of [90, -90])
      for (const longitude of [-180, -90, 0, 90, 180]) {
        // A quarter of a great circle: sin^2 of 45 degrees.
        expect(haversine({ latitude, longitude }, equator)).toBe(
          haversine({ latitude, longitude: 0 }, equator),
        );
        expect(haversine(equator, { latitude, longitude })).toBeCloseTo(0.5, 15);
        expect(haversine({ latitude, longitude }, { latitude, longitude: 0 })).toBe(0);
      }
  });
});
