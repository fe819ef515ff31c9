// The account of somebody else: its role, its names, address and language.
import { describe, expect, it } from "vitest";

import { peopleEn as said } from "../src/people/words-en";
import { changed, problem, bodyOf } from "./people-server";
import { openPerson, rows } from "./people-window";
import { button, field, has, part, settled } from "./window";

const select = (name: string) =>
  document.querySelector<HTMLSelectElement>(`select[name="${name}"]`) as Element;

describe("a role", () => {
  it.each([
    ["desk", { role: "desk" }],
    ["admin", { role: "admin" }],
  ])("is set to %s after a question", async (role, body) => {
    const { asked, user } = await openPerson({ "PUT /ID/role": changed({ role }) });
    expect(has('[data-action="set-role"]')).toBe(false);
    await user.selectOptions(select("person-role"), role);
    await user.click(button("set-role"));
    await user.click(button("confirm-set-role"));
    await settled();
    expect(bodyOf(asked.at(-1))).toEqual({ method: "PUT", body });
    expect(part("people-status")).toHaveTextContent(said.actions.set_role.done);
    expect(part("person-details")).toHaveTextContent(said.roles[role as "desk" | "admin"]);
    expect(has('[data-action="set-role"]')).toBe(false);
  });

  it("is taken away", async () => {
    const { asked, user } = await openPerson({
      "GET /ID": changed({ role: "desk" }),
      "PUT /ID/role": changed({ role: null }),
    });
    await user.selectOptions(select("person-role"), "none");
    await user.click(button("set-role"));
    await user.click(button("confirm-set-role"));
    await settled();
    expect(asked.at(-1)?.body).toEqual({ role: null });
  });

  it("that may not be set has its sentence", async () => {
    const { user } = await openPerson({ "PUT /ID/role": () => problem(403, "not_allowed") });
    await user.selectOptions(select("person-role"), "admin");
    await user.click(button("set-role"));
    await user.click(button("confirm-set-role"));
    await settled();
    expect(part("people-alert")).toHaveTextContent(said.faults.notAllowed.role ?? "");
  });
});

describe("editing", () => {
  it("sends only what is different, and shows it", async () => {
    const { asked, user } = await openPerson({ "PATCH /ID": changed({ username: "mikaela.b", name: null }) });
    await user.click(button("edit-person"));
    expect(field("person-username")).toHaveFocus();
    await user.type(field("person-username"), ".b\u200b ");
    await user.clear(field("person-name"));
    await user.selectOptions(select("person-language"), "de");
    await user.click(button("save-person"));
    await settled();
    expect(bodyOf(asked.at(-1))).toEqual({
      method: "PATCH",
      body: { username: "mikaela.b", name: null, language: "de" },
    });
    expect(part("people-status")).toHaveTextContent(said.actions.edit.done);
    expect(document.querySelector("h1")).toHaveTextContent("mikaela.b");
    await user.keyboard("{Escape}");
    expect(rows()[0]).toHaveTextContent("mikaela.b");
  });

  it("of nothing asks the server nothing", async () => {
    const { asked, user } = await openPerson();
    const before = asked.length;
    await user.click(button("edit-person"));
    await user.click(button("save-person"));
    await settled();
    expect(asked).toHaveLength(before);
    expect(button("edit-person")).toHaveFocus();
  });

  it.each([
    ["name_taken", 409, said.faults.nameTaken],
    ["invalid_request", 400, said.faults.invalid],
  ])("that is refused keeps what was typed: %s", async (code, status, sentence) => {
    const { user } = await openPerson({ "PATCH /ID": () => problem(status, code) });
    await user.click(button("edit-person"));
    await user.clear(field("person-username"));
    await user.type(field("person-username"), "bobby");
    await user.click(button("save-person"));
    await settled();
    expect(part("people-alert")).toHaveTextContent(sentence);
    expect(field("person-username")).toHaveValue("bobby");
    if (code === "name_taken") expect(field("person-username")).toHaveAttribute("aria-invalid", "true");
  });

  it("needs a username", async () => {
    const { user } = await openPerson();
    await user.click(button("edit-person"));
    await user.clear(field("person-username"));
    await user.click(button("save-person"));
    expect(part("edit-alert")).toHaveTextContent(said.invite.usernameMissing);
    expect(field("person-username")).toHaveFocus();
  });

  it("keeps a language that the window has no word for", async () => {
    const { asked, user } = await openPerson({
      "GET /ID": changed({ language: "fr-CA" }),
      "PATCH /ID": changed({ language: "fr-CA" }),
    });
    await user.click(button("edit-person"));
    expect(select("person-language")).toHaveValue("fr-CA");
    await user.type(field("person-name"), " Witwicky");
    await user.click(button("save-person"));
    await settled();
    expect(asked.at(-1)?.body).toEqual({ name: "Mikaela Banes Witwicky" });
  });
});
