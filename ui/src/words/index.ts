// The words of the window: in the user's language, with the names that the system uses. English is
// part of the page; each other language is a file of its own, which only those who speak it load.
import { ownSystem, type System } from "../platform";
import { english } from "./en";
import { keychainDe, keychainEn } from "./keychain";
import type { Words } from "./words";

const inEnglish = (system: System) => english(keychainEn[system]);

async function inGerman(system: System): Promise<Words> {
  const { german } = await import("./de");
  return german(keychainDe[system]);
}

const LANGUAGES = new Map<string, (system: System) => Words | Promise<Words>>([
  ["en", inEnglish],
  ["de", inGerman],
]);

/** The words on screen. They are chosen once, before anything is drawn. */
export let words: Words = inEnglish("linux");

/**
 * Takes the first of the system's languages that the window speaks, else English. Returns what to
 * wait for where its file has to be loaded.
 */
export function speak(languages: readonly string[]): Promise<void> | undefined {
  const known = languages.map((tag) => LANGUAGES.get(tag.toLowerCase().split("-")[0] ?? "")).find(Boolean);
  const chosen = (known ?? inEnglish)(ownSystem());
  if (chosen instanceof Promise) return chosen.then(use);
  use(chosen);
  return undefined;
}

function use(chosen: Words) {
  words = chosen;
}
