// The words of the screens about other people's accounts.
import { describe, expect, it } from "vitest";

import { peopleDe } from "../src/people/words-de";
import { peopleEn } from "../src/people/words-en";

function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String((value as (...of: string[]) => unknown)("…", "…"))]];
  const members = value instanceof Map ? [...value.entries()] : Object.entries(value as object);
  return members.flatMap(([key, inner]) => leaves(inner, `${path}.${String(key)}`));
}

describe.each([
  ["English", peopleEn],
  ["German", peopleDe],
])("the words in %s", (_, language) => {
  it.each(leaves(language, "people"))("%s is not empty, and in plain typography", (_, text) => {
    expect(text).toBe(text.trim());
    expect(text).not.toBe("");
    expect(text).not.toMatch(/['"]|\.\.\.| - |\blog ?in\b/i);
  });

  it("have whole sentences for what is refused, and no two are equal", () => {
    const sentences = leaves({ ...language.faults, setUpFactor: {} }, "").map(([, sentence]) => sentence);
    for (const sentence of sentences) expect(sentence).toMatch(/^\p{Lu}.*\.$/u);
    expect(new Set(sentences).size).toBe(sentences.length);
  });
});

it("the words are the same in both languages", () => {
  const keys = (language: object) => leaves(language, "").map(([path]) => path);
  expect(keys(peopleDe).sort()).toEqual(keys(peopleEn).sort());
});
