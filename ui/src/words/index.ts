// The one language of the window, and how a failure is put into words.
import type { FailureCode } from "../ipc";
import { en } from "./en";
import type { Place, Words } from "./words";

export const words: Words = en;

export function failureSentence(code: FailureCode, place: Place): string {
  return words.failuresIn[place]?.[code] ?? words.failures[code];
}
