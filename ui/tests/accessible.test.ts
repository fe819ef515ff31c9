import type { SessionView } from "tauri-plugin-latchkey-api";
import axe from "axe-core";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { bobby, json, madeCode, mikaela, peopleServer, problem } from "./people-server";
import { withRole } from "./people-window";
import {
  HELD_REASONS,
  NOW,
  SIGNED_OUT_REASONS,
  byContact,
  byMail,
  desk,
  held,
  here,
  inBrowser,
  newSignIn,
  old,
  proposal,
  signedIn,
  signedOut,
  waiting,
  withFactor,
} from "./views";
import { button, fails, has, openWindow, response, settled, type Answers } from "./window";

// Layout and colours cannot be checked here: contrast.test.ts checks the colours.
async function faults(): Promise<string[]> {
  document.title = "Latchkey";
  const { violations } = await axe.run(document, { rules: { "color-contrast": { enabled: false } } });
  return violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.html).join(" ")}`);
}

const views: [string, SessionView][] = [
  ...SIGNED_OUT_REASONS.map((reason): [string, SessionView] => [reason, signedOut(reason)]),
  ...HELD_REASONS.map((reason): [string, SessionView] => [reason, held(reason)]),
  ...(["checking", "online", "offline"] as const).map((connection): [string, SessionView] => [
    connection,
    signedIn({ connection }),
  ]),
  ["a session that is not kept", signedIn({ lease: { endsAt: NOW, kept: false } })],
  ...(["waiting", "opened", "finished", "ready"] as const).map((state): [string, SessionView] => [
    `the browser: ${state}`,
    { ...signedOut(), browser: inBrowser({ state }) },
  ]),
  ["another device", { ...signedOut(), browser: inBrowser({ mode: "other" }) }],
  ["a browser that did not open", { ...signedOut(), browser: inBrowser({ notOpened: "over-ssh" }) }],
  ["a request that is over", { ...signedOut(), browser: inBrowser({ state: "over" }) }],
  ["the browser over a session", { ...signedIn(), browser: inBrowser() }],
  [
    "another account",
    { ...signedIn(), otherAccount: { username: "mikaela", givenName: null, familyName: null } },
  ],
];

const fivePerBrowser = {
  passkeys: true,
  providers: ["Acme", "Globex", "Initech", "Umbrella", "Hooli"].map((name) => ({ id: name, name })),
  otherDevice: "known",
} as const;
const passkey = {
  id: "p1",
  name: "Yubikey",
  createdAt: NOW,
  lastUsedAt: null,
  synced: true,
  suspicious: true,
};

beforeEach(() => {
  // jsdom draws nothing; axe accepts that if there is no context.
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
});

describe("axe finds nothing", () => {
  it.each(views)("on the screen for %s", async (_, view) => {
    await openWindow(view, { browser_qr: () => proposal.qrSvg });
    document.querySelector("details")?.setAttribute("open", "");
    expect(await faults()).toEqual([]);
  });

  const failing: [string, SessionView, Answers, string[]][] = [
    ["an empty form", signedOut(), {}, ["toggle-password", "sign-in"]],
    ["a failed check", held("lease-expired"), { check_in: fails("server-unreachable") }, ["check-in"]],
    [
      "a key file that is offered",
      held("keychain-unavailable", "missing"),
      { sign_in: fails("key-file-consent", { cause: "missing" }) },
      ["open-sign-in", "sign-in"],
    ],
    ["a calm notice", signedIn(), { check_in: fails("server-unreachable") }, ["check-in"]],
    ["an answer", signedIn(), { get: () => response(200, "Hello World!") }, ["call-api"]],
    ["the devices", signedIn(), { sessions: () => [old, here, desk] }, ["open-devices", "end"]],
    ["devices out of reach", signedIn(), { sessions: fails("server-unreachable") }, ["open-devices"]],
    ["the change of password", signedIn(), {}, ["open-password", "change-password"]],
    [
      "the ways into a server without passwords",
      signedOut(),
      { sign_in_options: () => ({ ...byMail, ways: ["code", "browser"], browser: fivePerBrowser }) },
      ["browser-passkey"],
    ],
    [
      "passkeys",
      signedIn(),
      {
        sign_in_options: () => ({ ...byMail, browser: fivePerBrowser }),
        passkeys: () => ({ passkeys: [passkey], available: true, reason: null }),
      },
      ["open-passkeys", "rename-passkey"],
    ],
    [
      "no passkeys",
      signedIn(),
      {
        sign_in_options: () => ({ ...byMail, browser: fivePerBrowser }),
        passkeys: () => ({ passkeys: [], available: true, reason: null }),
      },
      ["open-passkeys"],
    ],
    [
      "passkeys that there cannot be",
      signedIn(),
      {
        sign_in_options: () => ({ ...byMail, browser: fivePerBrowser }),
        passkeys: () => ({ passkeys: [], available: false, reason: "address" }),
      },
      ["open-passkeys"],
    ],
    [
      "a passkey that waits for its name",
      { ...signedIn(), browser: inBrowser({ purpose: "passkey", state: "ready" }) },
      {
        sign_in_options: () => ({ ...byMail, browser: fivePerBrowser }),
        passkeys: () => ({ passkeys: [passkey], available: true, reason: null }),
      },
      ["open-passkeys", "finish-passkey"],
    ],
    ["a failed start", signedIn(), { session: fails("keychain-locked") }, []],
    [
      "a forgotten password",
      signedOut(),
      { sign_in_options: () => byMail },
      ["forgot-password", "send-code"],
    ],
    ["whom to ask", signedOut(), { sign_in_options: () => byContact }, ["forgot-password"]],
    ["a code", signedOut(), { sign_in_options: () => byMail }, ["use-code", "redeem-code"]],
    ["the second step", waiting(signedOut(), "second-factor"), {}, ["second-factor", "use-recovery-code"]],
    ["an operator's code", waiting(signedOut(), "enrolment", false), {}, ["enrol"]],
    ["a factor of a held session", held("factor-required"), {}, ["set-up-factor", "enrol"]],
    ["a factor that is off", signedIn(), {}, ["open-factor"]],
    ["a factor that is set up", signedIn(), { start_totp: () => proposal }, ["open-factor", "start-factor"]],
    [
      "a lost phone",
      signedIn(),
      { account: () => withFactor() },
      ["open-factor", "lost-factor", "remove-factor"],
    ],
    [
      "a removal that is pending",
      signedIn(),
      { account: () => withFactor({ removalAt: NOW + 72 * 3600 }) },
      ["open-factor"],
    ],
    [
      "recovery codes",
      signedIn(),
      {
        account: () => withFactor({ recoveryCodesLeft: 2 }),
        new_recovery_codes: () => proposal.recoveryCodes,
      },
      ["open-factor", "new-codes", "confirm-new-codes", "codes-kept"],
    ],
    [
      "the question to confirm",
      signedIn(),
      { start_totp: fails("confirmation-required", { needs: ["password", "code"] }) },
      ["open-factor", "start-factor", "confirm"],
    ],
    [
      "warnings and notices",
      signedIn({ notices: 1, warning: { kind: "absolute", endsAt: NOW, within: 86_400 } }),
      { notices: () => [newSignIn], account: () => withFactor({ totp: false, required: true }) },
      [],
    ],
    [
      "signing in again",
      signedIn({ warning: { kind: "lease", endsAt: NOW, within: 7200 } }),
      {},
      ["sign-in-again", "sign-in"],
    ],
  ];
  const people = (routes: Parameters<typeof peopleServer>[0] = {}): Answers => {
    return { ...peopleServer(routes).server, account: () => withRole("admin") };
  };
  const invited = { account: bobby, code: madeCode("invite") };
  failing.push(
    [
      "people",
      signedIn(),
      people({ "GET ": () => json({ accounts: [mikaela, bobby], next: "m" }) }),
      ["open-people"],
    ],
    ["no people", signedIn(), people({ "GET ": () => json({ accounts: [], next: null }) }), ["open-people"]],
    [
      "people without two-step sign-in",
      signedIn(),
      people({ "GET ": () => problem(403, "factor_needed_for_role") }),
      ["open-people"],
    ],
    ["people out of reach", signedIn(), people({ "GET ": fails("server-unreachable") }), ["open-people"]],
    ["an invitation", signedIn(), people(), ["open-people", "open-invite", "invite"]],
    [
      "a code",
      signedIn(),
      people({ "POST /ID/codes": () => json(madeCode("password")), "POST ": () => json(invited) }),
      ["open-people", "open-person", "code-password", "show-code", "copy-code"],
    ],
    [
      "somebody's account",
      signedIn(),
      people(),
      ["open-people", "open-person", "load-sessions", "load-events", "code-factor"],
    ],
    [
      "a refused action",
      signedIn(),
      people({ "POST /ID/disable": () => problem(403, "not_allowed") }),
      ["open-people", "open-person", "disable-account", "confirm-disable-account"],
    ],
    ["the form of an account", signedIn(), people(), ["open-people", "open-person", "edit-person"]],
  );

  it.each(failing)("on %s, in German", async (_, view, answers, actions) => {
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["de"]);
    const { user } = await openWindow(view, answers);
    await settled();
    for (const action of actions) {
      await expect.poll(() => has(`button[data-action="${action}"]`)).toBe(true);
      await user.click(button(action));
      await settled();
    }
    expect(await faults()).toEqual([]);
  });

  it.each(failing)("on %s", async (_, view, answers, actions) => {
    const { user } = await openWindow(view, answers);
    await settled();
    for (const action of actions) {
      await expect.poll(() => has(`button[data-action="${action}"]`)).toBe(true);
      await user.click(button(action));
      await settled();
    }
    expect(await faults()).toEqual([]);
  });
});
