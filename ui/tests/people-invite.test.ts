// Inviting somebody.
import { describe, expect, it } from "vitest";

import { peopleEn as said } from "../src/people/words-en";
import { CODE, json, madeCode, mikaela, problem, type Routes } from "./people-server";
import { openPeople, rows } from "./people-window";
import { button, field, has, part, root, settled } from "./window";

const invited = {
  ...mikaela,
  id: "new-account",
  username: "miles",
  name: "Miles Lancaster",
  state: "invited",
};

async function openInvite(routes: Routes = {}) {
  const opened = await openPeople({
    "POST ": () => json({ account: invited, code: madeCode("invite") }, 201),
    "GET /ID": () => json(invited),
    ...routes,
  });
  await opened.user.click(button("open-invite"));
  await settled();
  return opened;
}

describe("inviting", () => {
  it("shows the code on the page of the new account, and the account in the list", async () => {
    const { asked, user } = await openInvite();
    expect(root()).toHaveAttribute("data-screen", "invite");
    await user.type(field("person-username"), " miles\u200b");
    await user.type(field("person-name"), "Miles Lancaster");
    await user.keyboard("{Enter}");
    await settled();
    expect(asked.at(-1)?.body).toEqual({ username: "miles", name: "Miles Lancaster", send: false });
    expect(root()).toHaveAttribute("data-screen", "person");
    expect(document.querySelector("h1")).toHaveTextContent("Miles Lancaster");
    expect(part("made-code")).toHaveTextContent(CODE);
    await user.click(button("back"));
    await settled();
    expect(rows()[0]).toHaveTextContent("Miles Lancaster");
    expect(rows()[0]).toHaveFocus();
    expect(document.documentElement.outerHTML).not.toContain(CODE);
  });

  it("mails the code, and shows none", async () => {
    const { asked, user } = await openInvite({
      "POST ": () =>
        json(
          { account: invited, code: madeCode("invite", { code: null, sent_to: "miles@example.com" }) },
          201,
        ),
    });
    await user.type(field("person-username"), "miles");
    await user.click(button("invite-by-mail"));
    expect(part("people-alert")).toHaveTextContent(said.invite.emailMissing);
    expect(field("person-email")).toHaveFocus();
    await user.type(field("person-email"), " miles@example.com ");
    await user.selectOptions(document.querySelector("select") as Element, "de");
    await user.click(button("invite-by-mail"));
    await settled();
    expect(asked.at(-1)?.body).toEqual({
      username: "miles",
      email: "miles@example.com",
      language: "de",
      send: true,
    });
    expect(part("code-card")).toHaveTextContent("miles@example.com");
    expect(has('[data-testid="made-code"]')).toBe(false);
  });

  it("needs a username", async () => {
    const { asked, user } = await openInvite();
    const before = asked.length;
    await user.click(button("invite"));
    expect(part("people-alert")).toHaveTextContent(said.invite.usernameMissing);
    expect(field("person-username")).toHaveFocus();
    expect(field("person-username")).toHaveAttribute("aria-invalid", "true");
    expect(asked).toHaveLength(before);
  });

  it.each([
    [409, "name_taken", said.faults.nameTaken],
    [400, "invalid_request", said.faults.invalid],
    [403, "not_allowed", said.faults.notAllowed.invite],
  ])("that is refused keeps what was typed: %s %s", async (status, code, sentence) => {
    const { user } = await openInvite({ "POST ": () => problem(status, code) });
    await user.type(field("person-username"), "mikaela");
    await user.type(field("person-name"), "Mikaela Banes{Enter}");
    await settled();
    expect(part("people-alert")).toHaveTextContent(sentence ?? "");
    expect(field("person-name")).toHaveValue("Mikaela Banes");
    if (code === "name_taken") expect(field("person-username")).toHaveFocus();
  });

  it("that is answered with something else is an invalid answer", async () => {
    const { user } = await openInvite({ "POST ": () => json({ account: invited, code: "7M2K" }, 201) });
    await user.type(field("person-username"), "miles{Enter}");
    await settled();
    expect(root()).toHaveAttribute("data-screen", "invite");
    expect(part("people-alert")).not.toBeEmptyDOMElement();
  });

  it("can be left, and the focus returns to its button", async () => {
    const { user } = await openInvite();
    await user.keyboard("{Escape}");
    await settled();
    expect(root()).toHaveAttribute("data-screen", "people");
    expect(button("open-invite")).toHaveFocus();
  });
});
