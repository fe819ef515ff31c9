// Names from other sources, and how the window shows them.
import type { AccountName } from "tauri-plugin-latchkey-api";

// Line breaks, other controls, and the marks that turn the direction of the text around them.
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Removes from a text from outside what could rearrange the window's own text. */
export function inert(text: string): string {
  return text.replace(CONTROLS, "").trim();
}

/** A name that a device gives itself can be any text. More of it is not shown in a warning. */
const MAX_QUOTED = 40;

/**
 * Prepares such a name to be quoted: short, in one line, without quotation marks of its own, and
 * without what would look like a link.
 */
export function quotable(text: string): string {
  const line = inert(text)
    .replace(/[a-z][a-z\d+.-]*:\/\//gi, "")
    .replace(/["“”„«»]/gu, "'")
    .replace(/\s+/gu, " ");
  const plain = [...line];
  return plain.length > MAX_QUOTED ? `${plain.slice(0, MAX_QUOTED - 1).join("")}…` : line;
}

// Blanks, controls and zero-width characters, which are often copied together with a name.
const AROUND_A_USERNAME = /^[\s\p{Cc}\p{Cf}]+|[\s\p{Cc}\p{Cf}]+$/gu;

/** Removes such characters around a username; no username contains them. */
export function trimmedUsername(text: string): string {
  return text.replace(AROUND_A_USERNAME, "");
}

/** The name to greet with: given and family name if known, otherwise the username. */
export function fullName(account: AccountName): string {
  const known = [account.givenName, account.familyName].map((part) => inert(part ?? "")).filter(Boolean);
  return known.length > 0 ? known.join(" ") : inert(account.username);
}

/**
 * One or two letters for the monogram, whole characters in any script; empty when there is no
 * letter.
 */
export function initials(name: string): string {
  const firsts = name
    .split(/\s+/u)
    .map((part) => /\p{L}/u.exec(part)?.[0] ?? "")
    .filter(Boolean);
  const last = firsts.length > 1 ? firsts.at(-1) : "";
  return ((firsts[0] ?? "") + (last ?? "")).toLocaleUpperCase();
}
