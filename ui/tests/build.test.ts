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

const isOfPeople = ({ name }: { name: string }) => name.startsWith("People-");
const kinds = (of: { name: string }[]) => of.map(({ name }) => name.split(".").at(-1)).sort();
const sizeOf = (of: { bytes: Buffer }[]) => of.reduce((sum, { bytes }) => sum + gzipSync(bytes).length, 0);

describe("the built window", () => {
  it("is one page, one script and one stylesheet, and the same for other people's accounts", () => {
    expect(kinds(files.filter((file) => !isOfPeople(file)))).toEqual(["css", "html", "js"]);
    expect(kinds(files.filter(isOfPeople))).toEqual(["css", "js"]);
  });

  it("loads nothing of other people's accounts by itself", () => {
    const script = files.find(({ name }) => name.endsWith(".js") && !name.startsWith("People-"));
    expect(script?.bytes.toString()).toMatch(/import\([^)]*People-/);
    for (const { name, bytes } of files.filter((file) => !isOfPeople(file)))
      expect(bytes.toString(), name).not.toMatch(/api\/admin|modulepreload[^>]*People-/);
    const people = files.find(({ name }) => /^People-.*\.js$/.test(name));
    expect(people?.bytes.toString()).toContain("/api/admin/accounts");
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

  it("is under 92 KB, compressed, and 25 KB more for other people's accounts", () => {
    expect(sizeOf(files.filter((file) => !isOfPeople(file)))).toBeLessThan(92_000);
    expect(sizeOf(files.filter(isOfPeople))).toBeLessThan(25_000);
  });
});
