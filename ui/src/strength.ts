// Estimates how hard a new password is to guess. The server decides what it accepts; this only
// advises.

/** Any password with fewer characters can be found by trying all. */
const MIN_CHARACTERS = 8;

export type Strength = "short" | "weak" | "fair" | "strong";

/**
 * `known` are texts that are tried first, such as the username; `least` is the server's minimum
 * length in characters, if it is known.
 */
export function strengthOf(password: string, known: readonly string[], least: number | null): Strength {
  const characters = [...password];
  if (least !== null && characters.length < least) return "short";
  const folded = password.toLowerCase();
  const borrowed = known.filter((text) => text.length > 2 && folded.includes(text.toLowerCase()));
  const counted = characters.length - borrowed.reduce((sum, text) => sum + [...text].length, 0);
  const different = new Set(folded).size;
  if (counted < MIN_CHARACTERS || different < 5 || runs(folded) > characters.length / 2) return "weak";
  if (counted >= 15 && different >= 8) return "strong";
  return counted >= 12 ? "fair" : kinds(password) > 2 ? "fair" : "weak";
}

/** Counts the characters that continue a run: "aaaa", "1234", "dcba". */
function runs(text: string): number {
  let count = 0;
  for (let at = 1; at < text.length; at += 1)
    if (Math.abs(text.charCodeAt(at) - text.charCodeAt(at - 1)) <= 1) count += 1;
  return count;
}

const kinds = (text: string) =>
  [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(text)).length;
