// The words of the screens about other people's accounts, in the language of the window.
import { words } from "../words";
import type { PeopleScreenWords } from "./words";
import { peopleDe } from "./words-de";
import { peopleEn } from "./words-en";

export const peopleWords = (): PeopleScreenWords => (words.locale.startsWith("de") ? peopleDe : peopleEn);

/** The words for a server that accepts passwords, or none. */
export function wordsFor(hasPasswords: boolean): PeopleScreenWords {
  const said = peopleWords();
  if (hasPasswords) return said;
  const { invite, codes, notAllowed, reasons } = said.withoutPasswords;
  return {
    ...said,
    invite: { ...said.invite, ...invite },
    codes: { ...said.codes, ...codes },
    faults: {
      ...said.faults,
      notAllowed: { ...said.faults.notAllowed, ...notAllowed },
      reasons: { ...said.faults.reasons, ...reasons },
    },
  };
}
