import type { SessionView } from "tauri-plugin-latchkey-api";
import axe from "axe-core";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { HELD_REASONS, NOW, SIGNED_OUT_REASONS, desk, held, here, old, signedIn, signedOut } from "./views";
import { button, fails, openWindow, response, type Answers } from "./window";

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
];

beforeEach(() => {
  // jsdom draws nothing; axe accepts that if there is no context.
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
});

describe("axe finds nothing", () => {
  it.each(views)("on the screen for %s", async (_, view) => {
    await openWindow(view);
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
    ["a failed start", signedIn(), { session: fails("keychain-locked") }, []],
  ];
  it.each(failing)("on %s, in German", async (_, view, answers, actions) => {
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["de"]);
    const { user } = await openWindow(view, answers);
    for (const action of actions) await user.click(button(action));
    expect(await faults()).toEqual([]);
  });

  it.each(failing)("on %s", async (_, view, answers, actions) => {
    const { user } = await openWindow(view, answers);
    for (const action of actions) await user.click(button(action));
    expect(await faults()).toEqual([]);
  });
});
