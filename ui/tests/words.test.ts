import { describe, expect, it } from "vitest";

import { words } from "../src/words";

function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String((value as (of: string) => unknown)("…"))]];
  return Object.entries(value as object).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

describe("the words", () => {
  const all = leaves(words, "words");

  it.each(all)("%s says something, in plain typography", (_, text) => {
    expect(text.trim()).not.toBe("");
    expect(text).toBe(text.trim());
    expect(text).not.toMatch(/['"]|\.\.\.| - |\blog ?in\b/i);
  });

  it.each([
    ["failures", Object.values(words.failures)],
    ["signed-out reasons", Object.values(words.signedOut)],
  ])("%s are whole sentences, each its own", (_, sentences) => {
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(new Set(sentences).size).toBe(sentences.length);
  });
});
