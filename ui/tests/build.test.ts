// @vitest-environment node
// The built page: nothing inline, nothing from elsewhere, and small.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

const outDir = mkdtempSync(join(tmpdir(), "latchkey-ui-"));
let files: { name: string; bytes: Buffer }[] = [];

beforeAll(async () => {
  // In a process of its own: in the environment of a test, Vite would build another page.
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name !== "NODE_ENV" && !name.startsWith("VITEST")),
  );
  const vite = fileURLToPath(new URL("../node_modules/vite/bin/vite.js", import.meta.url));
  await promisify(execFile)(
    process.execPath,
    [vite, "build", "--logLevel", "error", "--emptyOutDir", "--outDir", outDir],
    { cwd: fileURLToPath(new URL("..", import.meta.url)), env: environment },
  );
  files = readdirSync(outDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ name: entry.name, bytes: readFileSync(join(entry.parentPath, entry.name)) }));
}, 60_000);

afterAll(() => {
  rmSync(outDir, { recursive: true });
});

/** What the first frame of a session needs; and what is loaded when its screen is opened. */
const isFirst = ({ name }: { name: string }) => name.startsWith("index");
const isOfPeople = ({ name }: { name: string }) => name.startsWith("People-");
const isOfWays = ({ name }: { name: string }) => name.startsWith("Ways-");
const isLater = (file: { name: string }) => !isFirst(file) && !isOfPeople(file) && !isOfWays(file);
const mainScript = () => files.find((file) => isFirst(file) && file.name.endsWith(".js"))?.bytes.toString();
const kinds = (of: { name: string }[]) => of.map(({ name }) => name.split(".").at(-1)).sort();
const sizeOf = (of: { bytes: Buffer }[]) => of.reduce((sum, { bytes }) => sum + gzipSync(bytes).length, 0);

describe("the built window", () => {
  it("is one page, one script and one stylesheet for the first frame, and files for what comes later", () => {
    expect(kinds(files.filter(isFirst))).toEqual(["css", "html", "js"]);
    expect(kinds(files.filter(isOfPeople))).toEqual(["css", "js"]);
    expect(kinds(files.filter(isOfWays))).toEqual(["css", "js"]);
    const page = files.find(({ name }) => name === "index.html")?.bytes.toString() ?? "";
    expect(page.match(/assets\//g)).toHaveLength(2);
  });

  it("reads the form and the other language after the first frame of a session", () => {
    for (const text of ["current-password", "Anmelden"]) expect(mainScript(), text).not.toContain(text);
    const later = files.filter(isLater).map(({ bytes }) => bytes.toString());
    for (const text of ["current-password", "Anmelden"])
      expect(later.some((file) => file.includes(text))).toBe(true);
  });

  it("loads nothing of other people's accounts by itself", () => {
    expect(mainScript()).toMatch(/import\([^)]*People-/);
    for (const { name, bytes } of files.filter((file) => !isOfPeople(file)))
      expect(bytes.toString(), name).not.toMatch(/api\/admin|modulepreload[^>]*People-/);
    const people = files.find(({ name }) => /^People-.*\.js$/.test(name));
    expect(people?.bytes.toString()).toContain("/api/admin/accounts");
  });

  it("loads nothing of the ways to sign in by itself", () => {
    expect(mainScript()).toMatch(/import\([^)]*Ways-/);
    expect(mainScript()).not.toContain("rename-passkey");
    const page = files.find(({ name }) => name === "index.html")?.bytes.toString() ?? "";
    expect(page).not.toContain("Ways-");
    const ways = files.find(({ name }) => /Ways-[^/]*\.js$/.test(name));
    expect(ways?.bytes.toString()).toContain("rename-passkey");
    expect(ways?.bytes.toString()).toContain("remove-link");
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

  it("is under 55 KB, compressed, and what comes later under a size of its own", () => {
    expect(sizeOf(files.filter(isFirst))).toBeLessThan(55_000);
    expect(sizeOf(files.filter(isLater))).toBeLessThan(40_000);
    expect(sizeOf(files.filter(isOfPeople))).toBeLessThan(25_000);
    expect(sizeOf(files.filter(isOfWays))).toBeLessThan(6_000);
  });
});
