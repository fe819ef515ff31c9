import { describe, expect, it } from "vitest";

import { fullName, inert, initials } from "../src/name";
import { sam, signedIn } from "./views";
import { has, openWindow, part } from "./window";

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "</script><script>alert(1)</script>",
  "{@html 1}{{7*7}}${7*7}",
  "javascript:alert(1)",
  "&lt;b&gt;bold&lt;/b&gt;",
  "'\"><svg/onload=alert(1)>",
  "a".repeat(5_000),
  "שמואל ויטוויקי",
  "👩🏽‍🚀 Zoë",
  "Z̷͈͐ä̴́l̶g̵o̸".repeat(50),
];

describe("a name from outside", () => {
  it.each(HOSTILE)("is shown as the text it is: %s", async (name) => {
    const account = { ...sam, username: name, givenName: name, familyName: null, email: name };
    await openWindow(signedIn({ account }));
    expect(part("account-name").textContent.trim()).toBe(name);
    expect(part("account-name").firstElementChild?.localName).toBe("bdi");
    expect(has("main img, main script, main svg[onload], main b, [style]")).toBe(false);
  });

  it("cannot reorder or break the text around it", () => {
    expect(inert(" Sam\u202Eykciwtiw\u2066\n\u0000\t ")).toBe("Samykciwtiw");
    expect(fullName({ ...sam, givenName: "\u202E", familyName: "\u200F \u2067" })).toBe("Ladiesman217");
  });

  it("keeps the joiners that scripts and emoji need", () => {
    expect(inert("می\u200Cخواهم 👩🏽\u200D🚀")).toBe("می\u200Cخواهم 👩🏽\u200D🚀");
  });
});

describe("the monogram", () => {
  it.each([
    ["Sam Witwicky", "SW"],
    ["Sam James Witwicky", "SW"],
    ["ladiesman217", "L"],
    ["שמואל ויטוויקי", "שו"],
    ["𝒮am 𝒲itwicky", "𝒮𝒲"],
    ["<b>x</b> (ok)", "BO"],
    ["42 🚀", ""],
    ["", ""],
  ])("of %j is %j", (name, letters) => {
    expect(initials(name)).toBe(letters);
  });
});
