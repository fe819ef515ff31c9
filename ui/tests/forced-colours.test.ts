// @vitest-environment node
// Forced colours: the user has chosen a few colours for the whole screen. WebView2 supports them;
// WebKitGTK reports "forced-colors: none" even with GNOME's high contrast, so this reads the style
// sheets.
import { readFileSync, readdirSync } from "node:fs";

import { describe, expect, it } from "vitest";

const source = new URL("../src/", import.meta.url);
const styles = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(css|svelte)$/.test(name))
  .map((name) => ({ name, text: readFileSync(new URL(name, source), "utf8") }));
const text = (name: string) => styles.find((style) => style.name === name)?.text ?? "";

/** The text in the braces after `head`. */
function block(css: string, head: string): string {
  const start = css.indexOf(`${head} {`);
  if (start < 0) return "";
  let depth = 0;
  for (let at = css.indexOf("{", start); at < css.length; at++) {
    if (css[at] === "{") depth++;
    if (css[at] === "}" && --depth === 0) return css.slice(start, at);
  }
  return "";
}

const FORCED = "@media (forced-colors: active)";
const SYSTEM = new Set([
  ...["Canvas", "CanvasText", "GrayText", "ButtonBorder", "Highlight", "HighlightText"],
  ...["ButtonFace", "ButtonText", "Field", "FieldText", "LinkText"],
]);

const tokens = text("styles/tokens.css");
const named = Array.from(tokens.matchAll(/--([\w-]+): #/g), ([, name]) => name).filter(
  // The mark and what a phone scans are pictures with their own colours.
  (name) => !name?.startsWith("mark-") && !name?.startsWith("qr-"),
);
const forced = Object.fromEntries(
  Array.from(block(tokens, FORCED).matchAll(/--([\w-]+): (\w+);/g), ([, name, value]) => [name, value]),
) as Record<string, string>;

describe("in forced colours", () => {
  it.each([...new Set(named)])("%s is one of the person's colours", (name) => {
    expect(SYSTEM).toContain(forced[name ?? ""]);
  });

  it.each([
    ["ink", "paper", "CanvasText", "Canvas"],
    ["ink-quiet", "raised", "CanvasText", "Canvas"],
    ["on-accent", "accent-fill", "HighlightText", "Highlight"],
    ["on-accent", "accent-fill-hover", "HighlightText", "Highlight"],
  ])("%s on %s is a readable pair", (ink, ground, inkColour, groundColour) => {
    expect([forced[ink], forced[ground]]).toEqual([inkColour, groundColour]);
  });

  it("elements that only have a background stay visible", () => {
    expect(block(text("parts/Skeleton.svelte"), "  i")).toContain("forced-color-adjust: none");
    const controls = block(text("styles/controls.css"), FORCED);
    for (const control of ["button.primary", ".spinner"])
      expect(block(controls, control)).toContain("forced-color-adjust: none");
  });

  it("the check box is the web view's own", () => {
    const controls = block(text("styles/controls.css"), FORCED);
    expect(block(controls, '[type="checkbox"]')).toContain("appearance: auto");
    expect(block(controls, '[type="checkbox"]::before')).toContain("display: none");
  });

  it("a choice has the web view's own sign", () => {
    const select = block(text("people/Select.svelte"), FORCED);
    expect(block(select, "select")).toContain("appearance: auto");
    expect(block(select, ".sign")).toContain("display: none");
  });

  it("no other style sheet names a colour", () => {
    for (const { name, text } of styles.filter(({ name }) => name !== "styles/tokens.css"))
      expect(text.match(/#[0-9a-f]{3,8}\b(?=[;\s])|\b(?:rgb|hsl|oklch)a?\(/gi), name).toBeNull();
  });
});
