// The list of people: who sees it, finding somebody, and every refusal.
import { describe, expect, it } from "vitest";

import { peopleEn as said } from "../src/people/words-en";
import { words } from "../src/words";
import { bobby, json, mikaela, problem } from "./people-server";
import { openPeople, rows, withRole } from "./people-window";
import { ERROR_CODES, plain, signedIn, signedOut } from "./views";
import {
  alertRegion,
  button,
  fails,
  field,
  has,
  later,
  openWindow,
  part,
  root,
  sessionChanged,
  settled,
} from "./window";

describe("the way to people", () => {
  it.each([null, "auditor", "", "constructor"])("is not shown with the role %j", async (role) => {
    await openWindow(signedIn(), { account: () => withRole(role) });
    await settled();
    expect(has('[data-action="open-people"]')).toBe(false);
  });

  it.each(["desk", "admin"])("is shown with the role %s", async (role) => {
    await openWindow(signedIn(), { account: () => withRole(role) });
    await settled();
    expect(button("open-people")).toHaveTextContent("People");
  });

  it("is not shown before the server has said which role there is", async () => {
    await openWindow(signedIn(), { account: later().answer });
    await settled();
    expect(has('[data-action="open-people"]')).toBe(false);
  });

  it("comes with the role, and the focus returns to it", async () => {
    const { user } = await openPeople();
    expect(root()).toHaveAttribute("data-screen", "people");
    expect(document.querySelector("h1")).toHaveFocus();
    await user.keyboard("{Escape}");
    expect(root()).toHaveAttribute("data-screen", "signed-in");
    expect(button("open-people")).toHaveFocus();
  });
});

describe("the list", () => {
  it("shows names, usernames, addresses, roles and states", async () => {
    await openPeople();
    expect(rows()).toHaveLength(2);
    expect(rows()[0]).toHaveTextContent("Mikaela Banes");
    expect(rows()[0]).toHaveTextContent("mikaela@banes.example");
    expect(rows()[1]).toHaveTextContent("bobby");
    expect(rows()[1]).toHaveTextContent(said.roles.desk);
    expect(rows()[1]).toHaveTextContent(said.states.disabled);
  });

  it("asks the question to confirm first, and goes on by itself", async () => {
    let confirmed = false;
    const ask = fails("confirmation-required", { needs: ["password", "code"] });
    const { user } = await openPeople(
      { "GET ": () => (confirmed ? json({ accounts: [bobby], next: null }) : ask(null)) },
      {
        confirm: () => {
          confirmed = true;
          return null;
        },
      },
    );
    expect(document.querySelector('dialog[data-dialog="confirm"]')).toHaveAttribute("open");
    await user.type(field("confirm-password"), "autobots rule");
    await user.type(field("confirm-code"), "123456{Enter}");
    await settled();
    expect(rows()).toHaveLength(1);
  });

  it("shows nothing without the confirmation, and can be asked for again", async () => {
    const { user } = await openPeople({
      "GET ": fails("confirmation-required", { needs: ["password", "code"] }),
    });
    await user.click(document.querySelector('dialog [data-action="cancel"]') as Element);
    await settled();
    expect(part("people-status")).toHaveTextContent(said.faults.notConfirmed);
    expect(rows()).toHaveLength(0);
    expect(button("load-people")).toBeVisible();
  });

  it("is searched by what is typed, and says that nobody was found", async () => {
    const { asked, user } = await openPeople({
      "GET ": ({ query }) =>
        json({
          accounts: query.get("search") === "bob" ? [bobby] : query.has("search") ? [] : [mikaela],
          next: null,
        }),
    });
    await user.type(field("people-search"), "  bob {Enter}");
    await settled();
    expect(rows().map((row) => row.dataset.account)).toEqual([bobby.id]);
    await user.clear(field("people-search"));
    await user.type(field("people-search"), "a&after=1\u202e%");
    await user.click(button("find-people"));
    await settled();
    expect(asked.at(-1)?.query.get("search")).toBe("a&after=1\u202e%");
    expect(part("nobody")).toHaveTextContent("Nobody was found for “a&after=1%”.");
    await user.clear(field("people-search"));
    await user.click(button("find-people"));
    await settled();
    expect(asked.at(-1)?.query.has("search")).toBe(false);
    expect(rows()).toHaveLength(1);
  });

  it("goes on where it ended, and the first new row takes the focus", async () => {
    const { asked, user } = await openPeople({
      "GET ": ({ query }) =>
        json(
          query.get("after") === "m"
            ? { accounts: [mikaela, bobby], next: null }
            : { accounts: [mikaela], next: "m" },
        ),
    });
    await user.click(button("more-people"));
    await settled();
    expect(asked.at(-1)?.query.get("after")).toBe("m");
    expect(rows().map((row) => row.dataset.account)).toEqual([mikaela.id, bobby.id]);
    expect(has('[data-action="more-people"]')).toBe(false);
  });

  it("shows hostile names as text", async () => {
    const hostile = "<img src=x onerror=alert(1)>\u202etxt\u0000" + "a".repeat(5_000);
    await openPeople({
      "GET ": () =>
        json({ accounts: [{ ...mikaela, name: hostile, username: hostile, email: hostile }], next: null }),
    });
    expect(rows()[0]).toHaveTextContent(/^<img src=x onerror=alert\(1\)>txta+/);
    expect(rows()[0]?.textContent).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(has("main img")).toBe(false);
  });

  it("does not break on accounts that come twice", async () => {
    await openPeople({ "GET ": () => json({ accounts: [mikaela, mikaela], next: null }) });
    expect(rows()).toHaveLength(1);
  });
});

describe("a list that does not come", () => {
  it.each([
    ["role_required", words.desk.roleLost],
    ["factor_needed_for_role", said.faults.factorNeeded],
    ["not_allowed", said.faults.notAllowedHere],
    ["not_found", said.faults.notOffered],
    ["invalid_request", said.faults.invalidSearch],
    ["proof_required", words.failures["proof-required"]],
    ["brand_new", words.failures["server-refused"]],
    ["toString", words.failures["server-refused"]],
  ])("says why: %s", async (code, sentence) => {
    await openPeople({ "GET ": () => problem(403, code) });
    expect(document.body).toHaveTextContent(sentence);
    expect(rows()).toHaveLength(0);
  });

  it("is an invalid answer with another shape", async () => {
    await openPeople({ "GET ": () => json({ accounts: "all" }) });
    expect(part("people-alert")).toHaveTextContent(words.failures["server-answer-invalid"]);
  });

  it.each(ERROR_CODES.filter((code) => code !== "confirmation-required" && code !== "server-unreachable"))(
    "says why: the plugin's %s",
    async (code) => {
      await openPeople({ "GET ": fails(code) }, { session: () => signedIn() });
      expect(part("people-alert")).toHaveTextContent(words.failures[code]);
    },
  );

  it("is a status while offline, and loads once the server can be reached", async () => {
    let answer: () => unknown = () => fails("server-unreachable")(null);
    await openPeople({ "GET ": () => answer() });
    expect(part("people-status")).toHaveTextContent(said.faults.online);
    expect(part("people-alert")).toBeEmptyDOMElement();
    answer = () => json({ accounts: [mikaela], next: null });
    await sessionChanged(signedIn({ connection: "offline" }));
    await sessionChanged(signedIn());
    await settled();
    expect(rows()).toHaveLength(1);
  });

  it("leads to setting up two-step sign-in where the role needs it", async () => {
    const { user } = await openPeople(
      { "GET ": () => problem(403, "factor_needed_for_role") },
      { account: () => ({ ...plain, role: "desk" }) },
    );
    await user.click(button("open-factor"));
    await settled();
    expect(root()).toHaveAttribute("data-screen", "factor");
    expect(button("start-factor")).toBeVisible();
  });
});

describe("a role that was given", () => {
  it("shows the way after the next check", async () => {
    let role: string | null = null;
    const { user } = await openWindow(signedIn(), {
      account: () => withRole(role),
      check_in: () => signedIn(),
    });
    await settled();
    role = "desk";
    await user.click(button("check-in"));
    await settled();
    expect(button("open-people")).toBeVisible();
  });
});

describe("a role that was taken away", () => {
  it("closes the screen, says so, and offers it no more", async () => {
    let role: string | null = "admin";
    const { user } = await openPeople(
      { "GET /ID": () => problem(403, "role_required") },
      { account: () => withRole(role) },
    );
    role = null;
    await user.click(rows()[0] as Element);
    await settled();
    expect(root()).toHaveAttribute("data-screen", "signed-in");
    expect(alertRegion()).toHaveTextContent(words.desk.roleLost);
    expect(has('[data-action="open-people"]')).toBe(false);
    expect(document.body).not.toHaveTextContent("mikaela");
    expect(document.querySelector("h1")).toHaveFocus();
    await user.click(button("open-factor"));
    expect(alertRegion()).not.toHaveTextContent(words.desk.roleLost);
  });

  it("closes it too when another contact says so", async () => {
    let role: string | null = "desk";
    const { user } = await openPeople({}, { account: () => withRole(role) });
    await user.click(rows()[0] as Element);
    await settled();
    role = null;
    await sessionChanged(signedIn({ connection: "offline" }));
    await sessionChanged(signedIn());
    await settled();
    expect(root()).toHaveAttribute("data-screen", "signed-in");
    expect(alertRegion()).toHaveTextContent(words.desk.roleLost);
    expect(document.body).not.toHaveTextContent("mikaela");
  });

  it("leaves nothing in the page when the session ends", async () => {
    await openPeople();
    await sessionChanged(signedOut("revoked"));
    expect(root()).toHaveAttribute("data-screen", "sign-in");
    expect(document.body).not.toHaveTextContent("mikaela");
  });
});
