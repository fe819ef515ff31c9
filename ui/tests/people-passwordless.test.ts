// What is said about other people's accounts where the server accepts no passwords.
import { describe, expect, it } from "vitest";

import { wordsFor } from "../src/people/language";
import type { PeopleScreenWords } from "../src/people/words";
import { peopleDe } from "../src/people/words-de";
import { peopleEn } from "../src/people/words-en";
import { speak } from "../src/words";
import { json, madeCode, problem } from "./people-server";
import { openPeople, openPerson } from "./people-window";
import { byMail } from "./views";
import { button, part, root, settled } from "./window";

const without = { sign_in_options: () => ({ ...byMail, ways: ["code", "browser"] }) };
const said = peopleEn.withoutPasswords;

describe("without passwords", () => {
  it("an invitation leads to a way to sign in", async () => {
    const { user } = await openPeople({}, without);
    await user.click(button("open-invite"));
    expect(root()).toHaveTextContent(said.invite.about);
  });

  it.each(["invite", "password", "factor"] as const)("a code says what it is good for: %s", async (kind) => {
    const { user } = await openPerson({ "POST /ID/codes": () => json(madeCode(kind), 201) }, without);
    expect(button(`code-${kind}`)).toHaveTextContent(said.codes[kind].label);
    await user.click(button(`code-${kind}`));
    expect(root()).not.toHaveTextContent(/password/i);
    await user.click(button("show-code"));
    await settled();
    expect(part("code-card")).toHaveTextContent(said.codes[kind].heading);
    expect(part("code-card")).toHaveTextContent(said.codes[kind].use);
  });

  it.each([undefined, "both_factors"] as const)("a refused code has its sentence: %s", async (reason) => {
    const { user } = await openPerson(
      { "POST /ID/codes": () => problem(403, "not_allowed", reason) },
      without,
    );
    await user.click(button("code-factor"));
    await user.click(button("show-code"));
    await settled();
    expect(part("people-alert")).toHaveTextContent(reason ? said.reasons.both_factors : said.notAllowed.code);
  });

  it.each([
    ["en", peopleEn, /password/i],
    ["de", peopleDe, /passwor/i],
  ] as const)("no sentence but the names of past events speaks of one: %s", async (language, all, word) => {
    await speak([language]);
    const texts = (value: unknown): string[] => {
      if (typeof value === "string") return [value];
      if (typeof value === "function") return [String((value as (...of: string[]) => unknown)("…", "…"))];
      return Object.values(value as object).flatMap(texts);
    };
    const heard = (words: PeopleScreenWords) =>
      texts({ ...words, withoutPasswords: {}, events: {} }).filter((text) => word.test(text));
    expect(heard(wordsFor(false))).toEqual([]);
    expect(heard(all)).not.toEqual([]);
  });
});
