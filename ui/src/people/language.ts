// The words of the screens about other people's accounts, in the language of the window.
import { words } from "../words";
import type { PeopleScreenWords } from "./words";
import { peopleDe } from "./words-de";
import { peopleEn } from "./words-en";

export const peopleWords = (): PeopleScreenWords => (words.locale.startsWith("de") ? peopleDe : peopleEn);
