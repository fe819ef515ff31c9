// What a check has found is told while it is true, and no longer.
import { describe, expect, it, vi } from "vitest";

import { NEWS_MS } from "../src/session.svelte";
import { signedIn } from "./views";
import { type Answers, alertRegion, button, fails, later, openWindow, part, sessionChanged } from "./window";

const CONFIRMED = "Confirmed with the server just now.";

async function check(answers: Answers) {
  const opened = await openWindow(signedIn(), { sessions: () => [], ...answers });
  await opened.user.click(button("check-in"));
  return opened;
}

describe("what a check has found", () => {
  it.each([
    ["the confirmation", { check_in: () => signedIn() }],
    ["a failure", { check_in: fails("throttled") }],
  ] as const)("%s goes within a minute", async (_, answers) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await openWindow(signedIn(), answers);
    button("check-in").click();
    await vi.advanceTimersByTimeAsync(0);
    expect(part("status")).toHaveTextContent(/\S/);
    await vi.advanceTimersByTimeAsync(NEWS_MS - 1000);
    expect(part("status")).toHaveTextContent(/\S/);
    await vi.advanceTimersByTimeAsync(1001);
    expect(part("status")).toHaveTextContent(/^$/);
    expect(NEWS_MS).toBeLessThanOrEqual(60_000);
  });

  it.each(["offline", "checking"] as const)(
    "is not told over a connection that is %s",
    async (connection) => {
      await check({ check_in: () => signedIn() });
      expect(part("status")).toHaveTextContent(CONFIRMED);
      await sessionChanged(signedIn({ connection }));
      expect(part("status")).not.toHaveTextContent(CONFIRMED);
      await sessionChanged(signedIn());
      expect(part("status")).not.toHaveTextContent(CONFIRMED);
    },
  );

  it("is not told any more once the server is in reach again", async () => {
    await check({ check_in: () => signedIn({ connection: "offline" }) });
    expect(part("status")).toHaveTextContent("cannot be reached just now");
    await sessionChanged(signedIn());
    expect(part("status")).toHaveTextContent(/^$/);
  });

  it("stays behind when another screen is shown, and is not there on the way back", async () => {
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
  ])("is not told on a screen that was opened meanwhile: %s", async (_, found) => {
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

describe("what other screens have told", () => {
  it("the devices come by themselves once the server is in reach", async () => {
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

  it("a call that found no server is not told once there is one", async () => {
    const { user } = await openWindow(signedIn({ connection: "offline" }), {
      get: fails("server-unreachable"),
    });
    await user.click(button("call-api"));
    expect(part("api-reply")).toHaveTextContent("cannot be reached just now");
    await sessionChanged(signedIn());
    expect(part("api-reply")).toHaveTextContent(/^$/);
  });
});
