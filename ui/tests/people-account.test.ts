// The account of somebody else: what may be done to it, and what its code does to the page.
import { describe, expect, it, vi } from "vitest";

import { peopleEn as said } from "../src/people/words-en";
import { words } from "../src/words";
import {
  CODE,
  EVERYTHING,
  bobby,
  json,
  laptop,
  madeCode,
  mikaela,
  problem,
  signedInEvent,
  type Request,
  type WireAccount,
} from "./people-server";
import { openPeople, openPerson, rows, withRole } from "./people-window";
import { DAY, NOW } from "./views";
import { button, fails, field, has, later, part, root, settled } from "./window";

const changed = (change: Partial<WireAccount>) => () => json({ ...mikaela, ...change });
const actions = () =>
  Array.from(document.querySelectorAll('main [data-testid="person-actions"] [data-action]'), (found) =>
    found.getAttribute("data-action"),
  );
const select = (name: string) =>
  document.querySelector<HTMLSelectElement>(`select[name="${name}"]`) as Element;
const without = (request: Request | undefined) => ({ method: request?.method, body: request?.body });

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
    expect(without(asked.at(-1))).toEqual({ method: route.split(" ")[0], body });
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
    expect(without(asked.at(-1))).toEqual({ method: "PUT", body });
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
    expect(without(asked.at(-1))).toEqual({
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

describe("a code", () => {
  const routes = { "POST /ID/codes": () => json(madeCode("password"), 201) };

  async function make(kind = "password", way = "show-code", more: Parameters<typeof openPerson>[0] = routes) {
    const opened = await openPerson(more);
    await opened.user.click(button(`code-${kind}`));
    expect(button("cancel")).toHaveFocus();
    await opened.user.click(button(way));
    await settled();
    return opened;
  }

  it.each(["invite", "password", "factor"] as const)("is shown to an administrator: %s", async (kind) => {
    const { asked } = await make(kind, "show-code", {
      "POST /ID/codes": () => json(madeCode(kind), 201),
    });
    const request = asked.find(({ path }) => path.endsWith("/codes"));
    expect(request?.body).toEqual({ kind, send: false });
    expect(part("made-code")).toHaveTextContent(CODE);
    expect(part("code-card")).toHaveTextContent(said.codes[kind].use);
    expect(part("code-card")).toHaveTextContent("24 November at 12:00 (tomorrow)");
    expect(document.querySelector("#code-heading")).toHaveFocus();
    expect(has('[data-action="show-code"]')).toBe(false);
  });

  it("that was mailed says where to, and shows none", async () => {
    const { asked } = await make("password", "mail-code", {
      "POST /ID/codes": () =>
        json(madeCode("password", { code: null, sent_to: "mikaela@banes.example" }), 201),
    });
    expect(asked.find(({ path }) => path.endsWith("/codes"))?.body).toEqual({ kind: "password", send: true });
    expect(part("code-card")).toHaveTextContent("The code has been mailed to mikaela@banes.example.");
    expect(has('[data-testid="made-code"]')).toBe(false);
    expect(has('[data-action="copy-code"]')).toBe(false);
  });

  it("that the caller may not see says so", async () => {
    await make("password", "show-code", {
      "POST /ID/codes": () => json(madeCode("password", { code: null }), 201),
    });
    expect(part("code-card")).toHaveTextContent(said.codes.hidden);
  });

  it.each([
    ["invite", ["mail-code", "show-code"]],
    ["password", ["mail-code"]],
    ["factor", ["mail-code"]],
  ])("for a service desk is shown only if it invites: %s", async (kind, ways) => {
    const { user } = await openPerson({}, { account: () => withRole("desk") });
    await user.click(button(`code-${kind}`));
    const offered = ["mail-code", "show-code"].filter((way) => has(`[data-action="${way}"]`));
    expect(offered).toEqual(ways);
  });

  it("without an address is not offered by mail, and a service desk is told whom to ask", async () => {
    const { user } = await openPerson(
      { "GET /ID": changed({ email: null }) },
      { account: () => withRole("desk") },
    );
    await user.click(button("code-password"));
    expect(has('[data-action="mail-code"], [data-action="show-code"]')).toBe(false);
    expect(root()).toHaveTextContent(said.codes.noAddress);
  });

  it("that may not be made has its sentence", async () => {
    await make("factor", "show-code", { "POST /ID/codes": () => problem(403, "not_allowed") });
    expect(part("people-alert")).toHaveTextContent(said.faults.notAllowed.code ?? "");
  });

  it("that cannot be mailed has its sentence", async () => {
    await make("factor", "mail-code", { "POST /ID/codes": () => problem(403, "not_allowed") });
    expect(part("people-alert")).toHaveTextContent(said.faults.notAllowed["mail-code"] ?? "");
  });

  it.each(["back", "close-code"])("is nowhere in the page after %s", async (action) => {
    const { user } = await make();
    expect(document.documentElement.outerHTML).toContain(CODE);
    await user.click(button(action));
    await settled();
    expect(document.documentElement.outerHTML).not.toContain(CODE);
    if (action === "close-code") expect(document.querySelector("h1")).toHaveFocus();
    // Nor is it there again when the account is opened once more.
    if (action === "back") await user.click(rows()[0] as Element);
    await settled();
    expect(document.documentElement.outerHTML).not.toContain(CODE);
  });

  it("does not appear on the screen that was opened while it was made", async () => {
    const wait = later();
    const { user } = await openPerson({ "POST /ID/codes": wait.answer });
    await user.click(button("code-password"));
    await user.click(button("show-code"));
    await user.click(button("back"));
    await user.click(rows()[1] as Element);
    wait.arrive(json(madeCode("password"), 201));
    await settled();
    expect(document.querySelector("h1")).toHaveTextContent("bobby");
    expect(document.documentElement.outerHTML).not.toContain(CODE);
  });

  it("is copied, and can be marked where copying fails", async () => {
    const { user } = await make();
    const copy = vi.spyOn(navigator.clipboard, "writeText");
    await user.click(button("copy-code"));
    expect(copy).toHaveBeenCalledWith(CODE);
    expect(part("code-copied")).toHaveTextContent(said.codes.copied);
    copy.mockRejectedValueOnce(new Error("no clipboard"));
    await user.click(button("copy-code"));
    expect(part("code-copied")).toHaveTextContent(said.codes.notCopied);
  });
});

describe("the devices of an account", () => {
  const two = [
    laptop,
    { ...laptop, sid: `${laptop.sid.slice(0, -1)}b`, device_name: null, platform: "windows" },
  ];

  async function openSessions(routes: Parameters<typeof openPerson>[0] = {}) {
    let left = two;
    const opened = await openPerson({
      "GET /ID/sessions": () => json({ sessions: left }),
      "DELETE /ID/sessions/SID": () => {
        left = left.slice(1);
        return { status: 204, headers: [], body: { text: "" } };
      },
      "DELETE /ID/sessions": () => {
        left = [];
        return { status: 204, headers: [], body: { text: "" } };
      },
      ...routes,
    });
    await opened.user.click(button("load-sessions"));
    await settled();
    return opened;
  }
  const devices = () => part("person-sessions").querySelectorAll("li");

  it("are shown with name, system and address", async () => {
    await openSessions();
    expect(devices()).toHaveLength(2);
    expect(devices()[0]).toHaveTextContent("mikaelas-laptop");
    expect(devices()[0]).toHaveTextContent("From 192.0.2.44");
    expect(devices()[1]).toHaveTextContent("Windows");
    expect(button("end-session")).toHaveAccessibleName("Sign out mikaelas-laptop");
  });

  it("are ended one by one", async () => {
    const { user } = await openSessions();
    await user.click(button("end-session"));
    await user.click(button("confirm-end-session"));
    await settled();
    expect(devices()).toHaveLength(1);
    expect(part("people-status")).toHaveTextContent(said.sessions.ended);
    expect(part("person-sessions")).toHaveTextContent("1 device");
  });

  it("are ended all at once, also without having been looked at", async () => {
    const { asked, user } = await openPerson({
      "DELETE /ID/sessions": () => ({ status: 204, headers: [], body: { text: "" } }),
      "GET /ID/sessions": () => json({ sessions: [] }),
    });
    await user.click(button("end-sessions"));
    await user.click(button("confirm-end-sessions"));
    await settled();
    expect(asked.some(({ method, path }) => method === "DELETE" && path.endsWith("/sessions"))).toBe(true);
    expect(part("people-status")).toHaveTextContent(said.sessions.allEnded);
    expect(part("person-sessions")).toHaveTextContent(said.sessions.none);
    expect(has('[data-action="end-sessions"]')).toBe(false);
  });

  it("stay in the list when ending fails", async () => {
    const { user } = await openSessions({ "DELETE /ID/sessions/SID": () => problem(403, "not_allowed") });
    await user.click(button("end-session"));
    await user.click(button("confirm-end-session"));
    await settled();
    expect(devices()).toHaveLength(2);
    expect(part("people-alert")).not.toBeEmptyDOMElement();
  });
});

describe("what happened", () => {
  const event = (change: object) => ({ ...signedInEvent, ...change });

  it("is shown with who did it, and goes on", async () => {
    const { asked, user } = await openPerson({
      "GET /ID/audit": ({ query }) =>
        json(
          query.get("before") === "older"
            ? {
                events: [event({ id: "3", event: "brand_new_event", actor: { kind: "server" } })],
                next: null,
              }
            : {
                events: [
                  event({
                    id: "1",
                    event: "code_made",
                    actor: { kind: "admin", username: "Ladiesman217" },
                    detail: "password",
                  }),
                  event({ id: "2", event: "role_granted", actor: { kind: "operator" }, at: NOW - 30 * DAY }),
                  signedInEvent,
                ],
                next: "older",
              },
        ),
    });
    await user.click(button("load-events"));
    await settled();
    const list = () => Array.from(part("person-events").querySelectorAll("li"), (item) => item.textContent);
    expect(list()).toHaveLength(3);
    expect(list()[0]).toContain("Code made");
    expect(list()[0]).toContain("by Ladiesman217");
    expect(list()[1]).toContain("by an operator of the server");
    expect(list()[2]).toContain("Signed in");
    expect(list()[2]).toContain("From 192.0.2.44");
    expect(list()[2]).not.toContain("by ");
    await user.click(button("load-events"));
    await settled();
    expect(asked.at(-1)?.query.get("before")).toBe("older");
    expect(list()[3]).toContain("brand new event");
    expect(has('[data-action="load-events"]')).toBe(false);
  });

  it("can be nothing", async () => {
    const { user } = await openPerson({ "GET /ID/audit": () => json({ events: [], next: null }) });
    await user.click(button("load-events"));
    await settled();
    expect(part("person-events")).toHaveTextContent(said.events.none);
  });
});
