import { describe, expect, it, vi } from "vitest";

import { speak, words } from "../src/words";
import type { System } from "../src/platform";
import { german } from "../src/words/de";
import { english } from "../src/words/en";
import { keychainDe, keychainEn } from "../src/words/keychain";
import { held, signedIn, signedOut } from "./views";
import { button, openWindow, root } from "./window";

const SYSTEMS: System[] = ["linux", "macos", "windows"];
const en = english(keychainEn.linux);
const de = german(keychainDe.linux);

/** Opens the page on a system, as its web view reports it. */
const runOn = (platform: string) => vi.spyOn(navigator, "platform", "get").mockReturnValue(platform);

function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String((value as (of: string) => unknown)("…"))]];
  return Object.entries(value as object).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

describe.each(
  SYSTEMS.flatMap((system) => [
    [`English on ${system}`, english(keychainEn[system])] as const,
    [`German on ${system}`, german(keychainDe[system])] as const,
  ]),
)("the words in %s", (_, language) => {
  it.each(leaves(language, "words"))("%s is not empty, and in plain typography", (_, text) => {
    expect(text.trim()).not.toBe("");
    expect(text).toBe(text.trim());
    expect(text).not.toMatch(/['"]|\.\.\.| - |\blog ?in\b/i);
  });

  it.each([
    ["failures", Object.values(language.failures)],
    ["signed-out reasons", Object.values(language.signedOut)],
    ["sentences about the key", Object.values(language.secretErrors).map(({ sentence }) => sentence)],
    ["failures of the key", Object.values(language.secretErrors).map(({ failure }) => failure)],
    ["faults of storage", Object.values(language.storage)],
  ])("%s are whole sentences, and no two are equal", (_, sentences) => {
    for (const sentence of sentences) expect(sentence).toMatch(/^\p{Lu}.*\.$/u);
    expect(new Set(sentences).size).toBe(sentences.length);
  });
});

describe("the language", () => {
  it("has the same texts in German as in English", () => {
    const keys = (language: object) => leaves(language, "").map(([path]) => path);
    expect(keys(de).sort()).toEqual(keys(en).sort());
  });

  it.each([
    [["de-AT", "en"], "de-DE"],
    [["fr-FR", "de"], "de-DE"],
    [["en-US", "de"], "en-GB"],
    [["fr"], "en-GB"],
    [["constructor"], "en-GB"],
    [[], "en-GB"],
  ])("for %j is %s", async (languages, locale) => {
    await speak(languages);
    expect(words.locale).toBe(locale);
  });

  it("is the system's, on the page and in the dates", async () => {
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["de-CH"]);
    await openWindow(signedIn());
    expect(document.documentElement).toHaveAttribute("lang", "de-DE");
    expect(root()).toHaveTextContent("Offline nutzbar bis 7. Dezember (in 14 Tagen)");
  });

  it("is the system's on the sign-in screen too", async () => {
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["de"]);
    await openWindow(signedOut());
    expect(button("sign-in")).toHaveTextContent("Anmelden");
  });
});

describe("the keychain", () => {
  const names: [string, System, string, string][] = [
    ["Linux x86_64", "linux", "keyring", "Schlüsselbund"],
    ["FreeBSD amd64", "linux", "keyring", "Schlüsselbund"],
    ["MacIntel", "macos", "keychain", "Schlüsselbund"],
    ["Win32", "windows", "Credential Manager", "Anmeldeinformationsverwaltung"],
  ];
  const all = /keyring|keychain|Credential Manager|Schlüsselbund|Anmeldeinformationsverwaltung/g;
  const namesIn = (language: object) =>
    new Set(leaves(language, "").flatMap(([, text]) => text.match(all) ?? []));

  it.each(names)("on %s has only the name that the system uses", (_, system, name, german_) => {
    expect(namesIn(english(keychainEn[system]))).toEqual(new Set([name]));
    expect(namesIn(german(keychainDe[system]))).toEqual(new Set([german_]));
  });

  it.each(names)("on %s is called so on the page", async (platform, _, name, german_) => {
    runOn(platform);
    await openWindow(signedIn());
    expect(root()).toHaveTextContent(`In this computer’s ${name}.`);
    document.body.replaceChildren();
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["de"]);
    await openWindow(held("keychain-locked", "locked"));
    expect(root()).toHaveTextContent(`${german_} ist gesperrt`);
  });
});
