// The account of somebody else: how it is shown, and what may be done to it.
import { describe, expect, it } from "vitest";

import { peopleEn as said } from "../src/people/words-en";
import { words } from "../src/words";
import { EVERYTHING, bobby, changed, json, laptop, problem, signedInEvent, bodyOf } from "./people-server";
import { openPeople, openPerson, rows } from "./people-window";
import { button, fails, has, part, root, settled } from "./window";

const actions = () =>
  Array.from(document.querySelectorAll('main [data-testid="person-actions"] [data-action]'), (found) =>
    found.getAttribute("data-action"),
  );

describe("an account", () => {
  it("is shown as the server has it now, with the focus on its name", async () => {
    await openPerson({ "GET /ID": changed({ name: "Mikaela Witwicky" }) });
    expect(root()).toHaveAttribute("data-screen", "person");
    expect(document.querySelector("h1")).toHaveTextContent("Mikaela Witwicky");
    expect(document.querySelector("h1")).toHaveFocus();
    const details = part("person-details");
    for (const text of [
      "mikaela",
      "mikaela@banes.example",
      "No role",
      "Active",
      "On",
      "English",
      "15 August 2026",
    ])
      expect(details).toHaveTextContent(text);
    expect(details).toHaveTextContent("20 November (3 days ago)");
  });

  it("leads back to its row", async () => {
    const { user } = await openPeople();
    await user.click(rows()[1] as Element);
    await settled();
    await user.keyboard("{Escape}");
    await settled();
    expect(root()).toHaveAttribute("data-screen", "people");
    expect(rows()[1]).toHaveFocus();
  });

  it("that is gone leaves the list, which says so", async () => {
    await openPerson({ "GET /ID": () => problem(404, "not_found") });
    expect(root()).toHaveAttribute("data-screen", "people");
    expect(part("people-alert")).toHaveTextContent(said.faults.gone);
    expect(rows().map((row) => row.dataset.account)).toEqual([bobby.id]);
  });

  it("shows texts from outside as text", async () => {
    const hostile = "<b>x</b>\u202e\u2066" + "Z̷͈͐".repeat(400);
    const account = changed({ name: hostile, username: hostile, email: hostile, language: hostile });
    const { user } = await openPerson({
      "GET /ID": account,
      "GET /ID/sessions": () => json({ sessions: [{ ...laptop, device_name: hostile, platform: hostile }] }),
      "GET /ID/audit": () =>
        json({
          events: [{ ...signedInEvent, event: hostile, detail: hostile, address: hostile }],
          next: null,
        }),
    });
    await user.click(button("load-sessions"));
    await user.click(button("load-events"));
    await settled();
    expect(has("main b")).toBe(false);
    expect(root().textContent).not.toMatch(/[\u202e\u2066]/u);
    expect(part("person-sessions")).toHaveTextContent("<b>x</b>");
    expect(part("person-events")).toHaveTextContent("<b>x</b>");
  });
});

describe("what may be done", () => {
  it.each([
    [[], []],
    [["remove", "brand_new"], []],
    [["password_code"], ["code-password"]],
    [["disable"], ["disable-account"]],
    [["enable"], ["enable-account"]],
    [
      EVERYTHING,
      [
        ...["edit-person", "code-invite", "code-password", "code-factor"],
        ...["require-factor", "disable-account", "enable-account"],
      ],
    ],
  ])("is what the server allows: %j", async (allowed, expected) => {
    await openPerson({ "GET /ID": changed({ allowed }) });
    expect(actions()).toEqual(expected);
    expect(has('select[name="person-role"]')).toBe(allowed.includes("set_role"));
    expect(has('[data-action="end-sessions"]')).toBe(allowed.includes("end_sessions"));
    if (expected.length === 0) expect(part("person-actions")).toHaveTextContent(said.nothingAllowed);
  });

  it("is nothing on one's own account, which says why", async () => {
    await openPerson({ "GET /ID": changed({ username: "Ladiesman217", allowed: [] }) });
    expect(part("person-actions")).toHaveTextContent(said.ownAccount);
  });

  const cases = [
    ["disable-account", "POST /ID/disable", undefined, said.actions.disable.done],
    ["enable-account", "POST /ID/enable", undefined, said.actions.enable.done],
    ["require-factor", "PUT /ID/factor-requirement", { required: true }, said.actions.require_factor.done],
  ] as const;

  it.each(cases)("%s asks once, then does it and says so", async (action, route, body, sentence) => {
    const { asked, user } = await openPerson({ [route]: changed({ allowed: [] }) });
    const before = asked.length;
    await user.click(button(action));
    expect(button("cancel")).toHaveFocus();
    await user.keyboard("{Escape}");
    expect(button(action)).toHaveFocus();
    expect(asked).toHaveLength(before);
    await user.click(button(action));
    await user.click(button(`confirm-${action}`));
    await settled();
    expect(bodyOf(asked.at(-1))).toEqual({ method: route.split(" ")[0], body });
    expect(part("people-status")).toHaveTextContent(sentence);
    expect(document.querySelector("h1")).toHaveFocus();
    expect(actions()).toEqual([]);
  });

  it.each(cases)("%s can be refused, and nothing is lost", async (action, route) => {
    const { user } = await openPerson({ [route]: () => problem(403, "not_allowed") });
    await user.click(button(action));
    await user.click(button(`confirm-${action}`));
    await settled();
    expect(part("people-alert")).toHaveTextContent(said.faults.notAllowedHere);
    expect(root()).toHaveAttribute("data-screen", "person");
    expect(button(`confirm-${action}`)).toBeVisible();
  });

  it.each([
    ["nothing-listening", said.faults.unchanged],
    ["timed-out", said.faults.unsure],
    [undefined, said.faults.unsure],
  ])("says what is certain without an answer (%s)", async (cause, sentence) => {
    const { user } = await openPerson({ "POST /ID/disable": fails("server-unreachable", { cause }) });
    await user.click(button("disable-account"));
    await user.click(button("confirm-disable-account"));
    await settled();
    expect(part("people-status")).toHaveTextContent(sentence);
  });

  it("goes on after the confirmation, and changes nothing without it", async () => {
    const { user } = await openPerson({
      "POST /ID/disable": fails("confirmation-required", { needs: ["password", "code"] }),
    });
    await user.click(button("disable-account"));
    await user.click(button("confirm-disable-account"));
    await settled();
    await user.click(document.querySelector('dialog [data-action="cancel"]') as Element);
    await settled();
    expect(part("people-status")).toHaveTextContent(words.confirm.cancelled);
  });

  it("leads to two-step sign-in where the role needs it", async () => {
    const { user } = await openPerson({ "POST /ID/disable": () => problem(403, "factor_needed_for_role") });
    await user.click(button("disable-account"));
    await user.click(button("confirm-disable-account"));
    await settled();
    expect(part("people-alert")).toHaveTextContent(said.faults.factorNeeded);
    await user.click(button("open-factor"));
    expect(root()).toHaveAttribute("data-screen", "factor");
  });
});
