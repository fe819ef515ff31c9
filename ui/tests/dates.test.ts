import { describe, expect, it } from "vitest";

import { dayOf, distanceOf } from "../src/dates";
import { serverName } from "../src/server-name";
import { DAY, NOW } from "./views";

describe("a day", () => {
  it.each([
    ["further away", NOW + 14 * DAY, "7 December"],
    ["in another year", NOW + 60 * DAY, "22 January 2027"],
    ["long ago", 0, "1 January 1970"],
    ["in the year 9999", 253_402_300_799 - DAY, "30 December 9999"],
  ])("%s is a date", (_, seconds, text) => {
    expect(dayOf(seconds, NOW)).toBe(text);
  });

  it("close by has its time", () => {
    expect(dayOf(NOW + DAY, NOW)).toMatch(/^24 November at \d\d:\d\d$/);
  });

  it.each([NaN, Infinity, -Infinity, 1e17, -1e17])("of %s is a sentence, not a crash", (seconds) => {
    expect(dayOf(seconds, NOW)).toBe("an unknown date");
    expect(distanceOf(seconds, NOW)).toBe("an unknown date");
  });

  it("is correct when the clock is far off", () => {
    expect(dayOf(NOW, -1e17)).toContain("23 November");
  });
});

describe("a distance", () => {
  it.each([
    [14 * DAY, "in 14 days"],
    [14 * DAY - 50, "in 14 days"],
    [DAY, "tomorrow"],
    [3 * 3_600, "in 3 hours"],
    [90, "in 2 minutes"],
    [0, "this minute"],
    [-2 * DAY, "2 days ago"],
  ])("of %d s is %j", (seconds, text) => {
    expect(distanceOf(NOW + seconds, NOW)).toBe(text);
  });
});

describe("the server's name", () => {
  it.each([
    ["https://login.example.org/", "login.example.org"],
    ["http://[::1]:5468", "[::1]:5468"],
    ["not an address", "not an address"],
  ])("of %j is %j", (address, name) => {
    expect(serverName(address)).toBe(name);
  });
});
