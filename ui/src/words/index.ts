// The language of the window.
import { de } from "./de";
import { en } from "./en";
import type { Words } from "./words";

const LANGUAGES = new Map<string, Words>([
  ["en", en],
  ["de", de],
]);

/** The words on screen. They are chosen once, before anything is drawn. */
export let words: Words = en;

/** Takes the first of the system's languages that the window speaks, else English. */
export function speak(languages: readonly string[]): void {
  words = languages.map((tag) => LANGUAGES.get(tag.toLowerCase().split("-")[0] ?? "")).find(Boolean) ?? en;
}
