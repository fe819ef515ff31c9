// The root element names the screen, on all screens.
import type { SessionView } from "tauri-plugin-latchkey-api";
import { describe, expect, it } from "vitest";

import {
  HELD_REASONS,
  SIGNED_OUT_REASONS,
  byMail,
  held,
  inBrowser,
  signedIn,
  signedOut,
  waiting,
} from "./views";
import { peopleServer } from "./people-server";
import { withRole } from "./people-window";
import { backend, button, fails, has, later, openWindow, root, type Answers } from "./window";
import { start } from "../src/start";

const answers: Answers = {
  sign_in_options: () => ({
    ...byMail,
    browser: { passkeys: true, providers: [], otherDevice: "known" },
  }),
  passkeys: () => ({ passkeys: [], available: true, reason: null }),
  sessions: () => [],
  enrol: fails("server-unavailable"),
  account: () => withRole("admin"),
  ...peopleServer().server,
};

const cases: [string, SessionView, string[]][] = [
  ...SIGNED_OUT_REASONS.map((reason): [string, SessionView, string[]] => ["sign-in", signedOut(reason), []]),
  ...HELD_REASONS.map((reason): [string, SessionView, string[]] => ["held", held(reason), []]),
  ["sign-in", held("keychain-locked", "locked"), ["open-sign-in"]],
  ["forgot-password", signedOut(), ["forgot-password"]],
  ["use-code", signedOut(), ["use-code"]],
  ["second-factor", waiting(signedOut(), "second-factor"), []],
  ["second-factor", waiting(signedIn(), "second-factor"), []],
  ["enrol-factor", waiting(signedOut(), "enrolment", false), []],
  ["enrol-factor", waiting(held("lease-expired"), "enrolment"), []],
  ["signed-in", signedIn(), []],
  ["devices", signedIn(), ["open-devices"]],
  ["change-password", signedIn(), ["open-password"]],
  ["factor", signedIn(), ["open-factor"]],
  ["signed-in", signedIn(), ["open-factor", "back"]],
  ["browser", { ...signedOut(), browser: inBrowser() }, []],
  ["browser", { ...signedIn(), browser: inBrowser() }, []],
  ["passkeys", signedIn(), ["open-passkeys"]],
  ["people", signedIn(), ["open-people"]],
  ["person", signedIn(), ["open-people", "open-person"]],
  ["invite", signedIn(), ["open-people", "open-invite"]],
  ["people", signedIn(), ["open-people", "open-person", "back"]],
  ["signed-in", signedIn(), ["open-people", "back"]],
];

describe("the name of the screen", () => {
  it.each(cases)("is %s", async (name, view, actions) => {
    const { user } = await openWindow(view, answers);
    for (const action of actions) {
      await expect.poll(() => has(`button[data-action="${action}"]`)).toBe(true);
      await user.click(button(action));
    }
    expect(root()).toHaveAttribute("data-screen", name);
  });

  it("is there while the app starts, and when it cannot", async () => {
    const wait = later();
    backend({ session: wait.answer });
    void start(document.body, () => 0);
    await expect.poll(() => root().dataset.screen).toBe("starting");
    document.body.replaceChildren();
    await openWindow(signedIn(), { session: fails("keychain-locked") });
    expect(root()).toHaveAttribute("data-screen", "start-failed");
  });
});
