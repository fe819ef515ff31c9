import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { ERROR_CODES, HELD_REASONS, held, signedIn, signedOut } from "./views";
import { alertRegion, button, fails, openWindow, part, root } from "./window";

describe.each(HELD_REASONS)("held: %s", (reason) => {
  it("says what happened, what to do, and offers it", async () => {
    await openWindow(held(reason));
    expect(root()).toHaveAttribute("data-reason", reason);
    expect(document.querySelector("h1")).toHaveTextContent(words.held[reason].heading);
    expect(root()).toHaveTextContent(words.held[reason].sentence);
    expect(button("check-in")).toHaveTextContent(words.held[reason].retry);
    expect(button("sign-out")).toBeVisible();
    expect(alertRegion()).toBeEmptyDOMElement();
  });

  it("lets the person in when the check works", async () => {
    const { calls, user } = await openWindow(held(reason), { check_in: () => signedIn() });
    await user.click(button("check-in"));
    expect(calls.at(-1)?.[0]).toBe("check_in");
    expect(part("account-name")).toHaveTextContent("Sam Witwicky");
    expect(part("account-name")).toHaveFocus();
  });

  it.each(ERROR_CODES)("stays, with a sentence, when the check fails: %s", async (code) => {
    const { user } = await openWindow(held(reason), { check_in: fails(code) });
    await user.click(button("check-in"));
    expect(alertRegion()).toHaveTextContent(words.failures[code]);
    expect(root()).toHaveAttribute("data-state", "held");
    expect(button("check-in")).toHaveFocus();
  });

  it("lets the person out", async () => {
    const { user } = await openWindow(held(reason), { sign_out: () => signedOut("signed-out") });
    await user.click(button("sign-out"));
    expect(root()).toHaveAttribute("data-state", "signed-out");
  });
});
