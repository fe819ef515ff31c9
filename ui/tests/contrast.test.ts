// @vitest-environment node
// The colours of both themes against WCAG 2.2: 4.5 for text (1.4.3), 3 for the edges of controls
// (1.4.11).
import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");
const [lightCss = "", darkCss = ""] = css.split("@media (prefers-color-scheme: dark)");

function colours(text: string): Record<string, string> {
  return Object.fromEntries(Array.from(text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g), (m) => [m[1], m[2]]));
}

const light = colours(lightCss);
const dark = { ...light, ...colours(darkCss) };

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one = "", other = ""): number {
  const [dim = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}

const text: [string, string][] = [
  ...["paper", "raised", "sunken"].flatMap((ground): [string, string][] => [
    ["ink", ground],
    ["ink-quiet", ground],
  ]),
  ["accent", "raised"],
  ["accent", "sunken"],
  ["accent", "accent-wash"],
  ["on-accent", "accent-fill"],
  ["on-accent", "accent-fill-hover"],
  ["ink", "bad-wash"],
  ["caution", "paper"],
  ["good", "paper"],
  ["bad", "raised"],
  ["bad", "sunken"],
  ["mark-key", "mark-top"],
];
const edges: [string, string][] = [
  ["line-strong", "paper"],
  ["line-strong", "raised"],
  ["accent", "paper"],
  ["accent-fill", "paper"],
  ["on-accent", "accent-fill"],
  ["bad", "raised"],
  ["bad", "bad-wash"],
  ["good", "paper"],
];

describe.each([
  ["light", light],
  ["dark", dark],
])("%s", (_, theme) => {
  it.each(text)("text in %s can be read on %s", (ink, ground) => {
    expect(contrast(theme[ink], theme[ground])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(edges)("a shape in %s can be seen on %s", (ink, ground) => {
    expect(contrast(theme[ink], theme[ground])).toBeGreaterThanOrEqual(3);
  });
});
