// @vitest-environment node
// The built page: nothing inline, nothing from elsewhere, and small.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const outDir = mkdtempSync(join(tmpdir(), "latchkey-ui-"));
let files: { name: string; bytes: Buffer }[] = [];

beforeAll(async () => {
  await build({ mode: "production", logLevel: "error", build: { outDir, emptyOutDir: true } });
  files = readdirSync(outDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ name: entry.name, bytes: readFileSync(join(entry.parentPath, entry.name)) }));
}, 60_000);

afterAll(() => {
  rmSync(outDir, { recursive: true });
});

describe("the built window", () => {
  it("is one page, one script and one stylesheet", () => {
    expect(files.map(({ name }) => name.split(".").at(-1)).sort()).toEqual(["css", "html", "js"]);
  });

  it("has nothing inline that the content policy would stop", () => {
    const page = files.find(({ name }) => name === "index.html")?.bytes.toString() ?? "";
    expect(page).toContain("<script");
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  });

  it("fetches nothing from elsewhere", () => {
    for (const { name, bytes } of files.filter(({ name }) => !name.endsWith(".js")))
      expect(bytes.toString(), name).not.toMatch(/https?:|@font-face|url\(/);
  });

  it("is under 80 KB, compressed", () => {
    const size = files.reduce((sum, { bytes }) => sum + gzipSync(bytes).length, 0);
    expect(size).toBeLessThan(80_000);
  });
});
