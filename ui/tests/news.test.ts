// The result of a check is shown only while it is true.
import { describe, expect, it, vi } from "vitest";

import { RESULT_SHOWN_MS } from "../src/session.svelte";
import { signedIn } from "./views";
import { type Answers, alertRegion, button, fails, later, openWindow, part, sessionChanged } from "./window";

const CONFIRMED = "Confirmed with the server just now.";

async function check(answers: Answers) {
  const opened = await openWindow(signedIn(), { sessions: () => [], ...answers });
  await opened.user.click(button("check-in"));
  return opened;
}

describe("the result of a check", () => {
  it.each([
    ["the confirmation", { check_in: () => signedIn() }],
    ["a failure", { check_in: fails("throttled") }],
  ] as const)("%s disappears within a minute", async (_, answers) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await openWindow(signedIn(), answers);
    button("check-in").click();
    await vi.advanceTimersByTimeAsync(0);
    expect(part("status")).toHaveTextContent(/\S/);
    await vi.advanceTimersByTimeAsync(RESULT_SHOWN_MS - 1000);
    expect(part("status")).toHaveTextContent(/\S/);
    await vi.advanceTimersByTimeAsync(1001);
    expect(part("status")).toHaveTextContent(/^$/);
    expect(RESULT_SHOWN_MS).toBeLessThanOrEqual(60_000);
  });

  it.each(["offline", "checking"] as const)(
    "disappears when the connection becomes %s",
    async (connection) => {
      await check({ check_in: () => signedIn() });
      expect(part("status")).toHaveTextContent(CONFIRMED);
      await sessionChanged(signedIn({ connection }));
      expect(part("status")).not.toHaveTextContent(CONFIRMED);
      await sessionChanged(signedIn());
      expect(part("status")).not.toHaveTextContent(CONFIRMED);
    },
  );

  it("disappears once the server can be reached again", async () => {
    await check({ check_in: () => signedIn({ connection: "offline" }) });
    expect(part("status")).toHaveTextContent("cannot be reached just now");
    await sessionChanged(signedIn());
    expect(part("status")).toHaveTextContent(/^$/);
  });

  it("disappears when another screen opens, and does not return with the first", async () => {
    for (const place of ["devices", "password"]) {
      const { user } = await check({ check_in: () => signedIn() });
      expect(part("status")).toHaveTextContent(CONFIRMED);
      await user.click(button(`open-${place}`));
      expect(part("status")).toHaveTextContent(/^$/);
      await user.click(button("back"));
      expect(part("status")).toHaveTextContent(/^$/);
      document.body.replaceChildren();
    }
  });

  it.each([
    ["confirmed", signedIn()],
    ["without the server", signedIn({ connection: "offline" })],
  ])("is not shown on a screen that was opened in the meantime: %s", async (_, found) => {
    const wait = later();
    const { user } = await check({ check_in: wait.answer });
    await user.click(button("open-password"));
    wait.arrive(found);
    await vi.waitFor(() => {
      expect(part("status")).toHaveTextContent(/^$/);
    });
    await user.click(button("back"));
    expect(part("status")).toHaveTextContent(/^$/);
    expect(alertRegion()).toBeEmptyDOMElement();
  });
});

describe("messages of other screens", () => {
  it("the devices load by themselves once the server can be reached", async () => {
    let reachable = false;
    const { user } = await openWindow(signedIn({ connection: "offline" }), {
      sessions: (args) => (reachable ? [] : fails("server-unreachable")(args)),
    });
    await user.click(button("open-devices"));
    expect(part("devices-status")).toHaveTextContent("only while you are online");
    reachable = true;
    await sessionChanged(signedIn());
    await vi.waitFor(() => {
      expect(part("devices")).toBeVisible();
    });
    expect(part("devices-status")).toHaveTextContent(/^$/);
  });

  it("a call that found no server disappears once there is one", async () => {
    const { user } = await openWindow(signedIn({ connection: "offline" }), {
      get: fails("server-unreachable"),
    });
    await user.click(button("call-api"));
    expect(part("api-reply")).toHaveTextContent("cannot be reached just now");
    await sessionChanged(signedIn());
    expect(part("api-reply")).toHaveTextContent(/^$/);
  });
});
