// One-time codes as people type them: Crockford's base 32, with a check character at the end. A
// slip is found here, before anything is sent.

/** Values 0 to 31 of a digit; 32 to 36 are for the check character only. */
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
const BASE = 32;
const MODULUS = 37;

/** Characters of a code, with the check character: made by an operator, and sent by mail. */
export const LENGTHS = { operator: 17, mail: 9 } as const;

/** What is wrong with a code that was typed. */
export type CodeFault = "missing" | "six-digits" | "character" | "length" | "check";

/** The code without blanks and hyphens, in capitals; letters that look like digits become them. */
export function plainCode(typed: string): string {
  return typed
    .replace(/[\s\p{Cc}\p{Cf}\p{Pd}]/gu, "")
    .toUpperCase()
    .replaceAll("O", "0")
    .replace(/[IL]/g, "1");
}

/** The fault of a code for a new password, or null. */
export function codeFault(typed: string): CodeFault | null {
  const code = plainCode(typed);
  if (code === "") return "missing";
  if (/^\d{6}$/.test(code)) return "six-digits";
  const values = Array.from(code, (character) => DIGITS.indexOf(character));
  const check = values.pop() ?? -1;
  if (check < 0 || values.some((value) => value < 0 || value >= BASE)) return "character";
  if (code.length !== LENGTHS.operator && code.length !== LENGTHS.mail) return "length";
  return values.reduce((rest, value) => (rest * BASE + value) % MODULUS, 0) === check ? null : "check";
}

/** Whether a code came by mail. Such a code belongs to a username. */
export const isMailed = (typed: string): boolean => plainCode(typed).length === LENGTHS.mail;

/** A secret in groups of four, so that it can be typed without losing the place. */
export const grouped = (text: string): string => text.match(/.{1,4}/gu)?.join(" ") ?? "";
