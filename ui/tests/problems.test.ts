import { describe, expect, it } from "vitest";

import { held, signedIn, signedOut } from "./views";
import { alertRegion, button, fails, later, openWindow, part, root, sessionChanged } from "./window";

describe("one action at a time", () => {
  it.each([
    ["check-in", "check_in"],
    ["sign-out", "sign_out"],
  ] as const)("%s calls the backend once, even if it is clicked repeatedly", async (action, command) => {
    const wait = later();
    const { calls, user } = await openWindow(signedIn(), { [command]: wait.answer });
    await user.tripleClick(button(action));
    expect(calls.filter(([name]) => name === command)).toHaveLength(1);
  });

  it("does not start a check while it signs out", async () => {
    const wait = later();
    const { calls, user } = await openWindow(held("lease-expired"), { sign_out: wait.answer });
    await user.click(button("sign-out"));
    await user.click(button("check-in"));
    expect(calls.map(([name]) => name)).toEqual(["session", "sign_out"]);
  });
});

describe("what went wrong", () => {
  it("disappears when the backend shows another screen", async () => {
    const { user } = await openWindow(held("lease-expired"), { check_in: fails("server-unreachable") });
    await user.click(button("check-in"));
    expect(alertRegion()).not.toBeEmptyDOMElement();
    await sessionChanged(signedIn());
    expect(alertRegion()).toBeEmptyDOMElement();
    expect(part("status")).toHaveTextContent(/^$/);
  });

  it("stays while the same screen is updated", async () => {
    const { user } = await openWindow(signedIn(), { sign_out: fails("not-kept") });
    await user.click(button("sign-out"));
    await sessionChanged(signedIn({ connection: "offline" }));
    expect(alertRegion()).toHaveTextContent("could not be removed");
  });

  it("stays on the next screen when nothing could be stored", async () => {
    const { user } = await openWindow(held("lease-expired"), {
      session: () => held("lease-expired"),
      check_in: fails("not-kept"),
    });
    await user.click(button("check-in"));
    await sessionChanged(signedIn());
    expect(root()).toHaveAttribute("data-state", "signed-in");
    expect(alertRegion()).toHaveTextContent("The session was renewed but could not be stored.");
  });

  it("disappears with the next action", async () => {
    let answer = fails("server-refused");
    const { user } = await openWindow(signedIn(), { check_in: (args) => answer(args) });
    await user.click(button("check-in"));
    expect(alertRegion()).toHaveTextContent("The server did not accept the request.");
    answer = () => signedIn();
    await user.click(button("check-in"));
    expect(alertRegion()).toBeEmptyDOMElement();
    await sessionChanged(signedOut("signed-out"));
    expect(part("status")).toHaveTextContent("You have signed out.");
  });
});
