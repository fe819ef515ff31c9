// The words of the window: in the user's language, with the names that the system uses.
import { ownSystem, type System } from "../platform";
import { german } from "./de";
import { english } from "./en";
import { keychainDe, keychainEn } from "./keychain";
import type { Words } from "./words";

const inEnglish = (system: System) => english(keychainEn[system]);
const inGerman = (system: System) => german(keychainDe[system]);

const LANGUAGES = new Map([
  ["en", inEnglish],
  ["de", inGerman],
]);

/** The words on screen. They are chosen once, before anything is drawn. */
export let words: Words = inEnglish("linux");

/** Takes the first of the system's languages that the window speaks, else English. */
export function speak(languages: readonly string[]): void {
  const known = languages.map((tag) => LANGUAGES.get(tag.toLowerCase().split("-")[0] ?? "")).find(Boolean);
  words = (known ?? inEnglish)(ownSystem());
}
