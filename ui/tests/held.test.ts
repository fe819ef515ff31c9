import type { HeldReason } from "tauri-plugin-latchkey-api";
import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { ERROR_CODES, HELD_REASONS, held, signedIn, signedOut } from "./views";
import type { Answers } from "./window";
import { ANY_ID, alertRegion, button, fails, field, has, openWindow, part, root } from "./window";

describe.each(HELD_REASONS)("held: %s", (reason) => {
  it("says what happened, what to do, and offers it", async () => {
    await openWindow(held(reason));
    expect(root()).toHaveAttribute("data-reason", reason);
    expect(document.querySelector("h1")).toHaveTextContent(words.held[reason].heading);
    expect(root()).toHaveTextContent(words.held[reason].sentence);
    expect(button("check-in")).toHaveTextContent(words.held[reason].retry);
    expect(alertRegion()).toBeEmptyDOMElement();
  });

  it("shows the account when the check succeeds", async () => {
    const { calls, user } = await openWindow(held(reason), { check_in: () => signedIn() });
    await user.click(button("check-in"));
    expect(calls.at(-1)?.[0]).toBe("check_in");
    expect(part("account-name")).toHaveTextContent("Sam Witwicky");
    expect(part("account-name")).toHaveFocus();
  });

  it.each(ERROR_CODES)("stays on screen with a sentence when the check fails: %s", async (code) => {
    const { user } = await openWindow(held(reason), { check_in: fails(code) });
    await user.click(button("check-in"));
    expect(alertRegion()).toHaveTextContent(words.failures[code]);
    expect(root()).toHaveAttribute("data-state", "held");
    expect(button("check-in")).toHaveFocus();
  });
});

const WITHOUT_SIGN_OUT: HeldReason[] = ["store-unreadable", "store-newer", "device-id-unavailable"];

describe("signing out of a held session", () => {
  it.each(HELD_REASONS.filter((reason) => !WITHOUT_SIGN_OUT.includes(reason)))(
    "is possible with %s",
    async (reason) => {
      const { user } = await openWindow(held(reason), { sign_out: () => signedOut("signed-out") });
      await user.click(button("sign-out"));
      expect(root()).toHaveAttribute("data-state", "signed-out");
    },
  );

  it.each(WITHOUT_SIGN_OUT)("is not offered with %s, because the session cannot be read", async (reason) => {
    await openWindow(held(reason));
    expect(has('[data-action="sign-out"]')).toBe(false);
  });
});

describe("a session that a newer version has stored", () => {
  async function agree(answers: Answers = {}) {
    const opened = await openWindow(held("store-newer"), answers);
    await opened.user.click(button("open-sign-in"));
    await opened.user.click(button("confirm-open-sign-in"));
    return opened;
  }

  it("is set aside only after a yes", async () => {
    const { calls, user } = await openWindow(held("store-newer"));
    await user.click(button("open-sign-in"));
    expect(root()).toHaveTextContent(words.held.signInHereAsk);
    expect(button("cancel")).toHaveFocus();
    expect(has("form")).toBe(false);
    await user.click(button("cancel"));
    expect(button("open-sign-in")).toHaveFocus();
    expect(calls.map(([name]) => name)).toEqual(["session"]);
  });

  it("is set aside by the sign-in that follows", async () => {
    const { calls, user } = await agree({ sign_in: () => signedIn() });
    await user.type(field("username"), "Ladiesman217");
    await user.type(field("password"), "autobots rule{Enter}");
    expect(calls.at(-1)).toEqual([
      "sign_in",
      {
        username: "Ladiesman217",
        password: "autobots rule",
        setAsideNewerStore: true,
        requestId: ANY_ID,
      },
    ]);
    expect(root()).toHaveAttribute("data-state", "signed-in");
  });

  it("stays when the person goes back", async () => {
    const { calls, user } = await agree();
    await user.click(button("back"));
    expect(root()).toHaveAttribute("data-reason", "store-newer");
    expect(button("open-sign-in")).toHaveFocus();
    expect(calls.map(([name]) => name)).toEqual(["session"]);
  });
});

it("a sign-in over a session that cannot be read sets nothing of a newer version aside", async () => {
  const { calls, user } = await openWindow(held("store-unreadable", "not-permitted"), {
    sign_in: () => signedIn(),
  });
  await user.click(button("open-sign-in"));
  await user.type(field("username"), "Ladiesman217");
  await user.type(field("password"), "autobots rule{Enter}");
  expect(calls.at(-1)?.[1]).not.toHaveProperty("setAsideNewerStore");
  expect(root()).toHaveAttribute("data-state", "signed-in");
});
