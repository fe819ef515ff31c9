import { emit } from "@tauri-apps/api/event";
import type { SessionView } from "tauri-plugin-latchkey-api";
import { describe, expect, it, vi } from "vitest";

import { WAIT_SHOWN_AFTER_MS } from "../src/wait.svelte";
import { start } from "../src/start";
import { DAY, NOW, held, signedIn, signedOut } from "./views";
import { alertRegion, backend, button, has, later, openWindow, part, root, sessionChanged } from "./window";

function target(): HTMLElement {
  const element = document.createElement("div");
  document.body.append(element);
  return element;
}

describe("the start", () => {
  it("draws nothing before the session is known, then the right screen", async () => {
    const wait = later();
    backend({ session: wait.answer });
    const into = target();
    const started = start(into, () => NOW * 1000);
    expect(into).toBeEmptyDOMElement();
    wait.arrive(signedIn());
    await started;
    expect(root()).toHaveAttribute("data-state", "signed-in");
    expect(has("form")).toBe(false);
  });

  it("shows that it is starting when the response takes long", async () => {
    vi.useFakeTimers();
    const wait = later();
    backend({ session: wait.answer });
    const started = start(target(), () => NOW * 1000);
    await vi.advanceTimersByTimeAsync(WAIT_SHOWN_AFTER_MS - 1);
    expect(has("main")).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(root()).toHaveAttribute("aria-busy", "true");
    wait.arrive(signedOut());
    await started;
    expect(document.querySelectorAll("main")).toHaveLength(1);
    expect(root()).toHaveAttribute("data-state", "signed-out");
  });

  it("shows a change that arrived while it waited", async () => {
    const wait = later();
    backend({ session: wait.answer });
    const started = start(target(), () => NOW * 1000);
    await vi.waitFor(() => sessionChanged(signedOut("revoked")));
    wait.arrive(signedIn());
    await started;
    expect(root()).toHaveAttribute("data-reason", "revoked");
  });

  it("says that the backend does not respond, and can be tried again", async () => {
    let times = 0;
    const { user } = await openWindow(signedIn(), {
      session: () => (++times === 1 ? Promise.reject(new Error("no such command")) : signedIn()),
    });
    expect(alertRegion()).toHaveTextContent("Something went wrong inside the app.");
    await user.click(button("start"));
    await vi.waitFor(() => {
      expect(root()).toHaveAttribute("data-state", "signed-in");
    });
  });
});

/** A page that was sent with the session. */
function sentWith(view: SessionView): HTMLElement {
  const element = document.createElement("meta");
  element.name = "latchkey-session";
  element.content = JSON.stringify(view);
  document.head.append(element);
  return target();
}

describe("a page that was sent with the session", () => {
  it("draws it without waiting for the backend, and asks for no session", async () => {
    const session = vi.fn(() => signedIn());
    const wait = later();
    backend({ session, watch: wait.answer });
    const started = start(sentWith(signedIn()), () => NOW * 1000);
    await vi.waitFor(root);
    expect(root()).toHaveAttribute("data-state", "signed-in");
    expect(document.querySelector('meta[name="latchkey-session"]')).toBeNull();
    wait.arrive(null);
    await started;
    expect(session).not.toHaveBeenCalled();
  });

  it.each([signedOut(), held("lease-expired")])("draws the state $state, too", async (view) => {
    const session = vi.fn(() => signedIn());
    backend({ session });
    await start(sentWith(view), () => NOW * 1000);
    expect(root()).toHaveAttribute("data-state", view.state);
    expect(has("h1")).toBe(true);
    expect(session).not.toHaveBeenCalled();
  });

  it("follows the backend from then on", async () => {
    backend({ session: () => signedIn() });
    await start(sentWith(signedIn()), () => NOW * 1000);
    await sessionChanged(signedOut("revoked"));
    expect(root()).toHaveAttribute("data-reason", "revoked");
  });

  it("says that the backend does not respond, and asks it when that is tried again", async () => {
    let times = 0;
    backend({
      session: () => held("lease-expired"),
      watch: () => (++times === 1 ? Promise.reject(new Error("no such command")) : null),
    });
    await start(sentWith(signedIn()), () => NOW * 1000);
    expect(document.querySelectorAll("main")).toHaveLength(1);
    expect(alertRegion()).toHaveTextContent("Something went wrong inside the app.");
    button("start").click();
    await vi.waitFor(() => {
      expect(root()).toHaveAttribute("data-reason", "lease-expired");
    });
  });
});

describe("a window left open", () => {
  it("updates its dates", async () => {
    vi.useFakeTimers();
    let now = NOW;
    backend({ session: () => signedIn() });
    await start(target(), () => now * 1000);
    expect(root()).toHaveTextContent("(in 14 days)");
    now += 2 * DAY;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(root()).toHaveTextContent("(in 12 days)");
  });
});

describe("the root", () => {
  it.each([
    [signedIn(), "signed-in", null],
    [signedOut("store-damaged"), "signed-out", "store-damaged"],
    [held("clock-moved-back"), "held", "clock-moved-back"],
  ])("has the state and its reason as attributes", async (view, state, reason) => {
    await openWindow(view);
    expect(root().getAttribute("data-state")).toBe(state);
    expect(root().getAttribute("data-reason")).toBe(reason);
  });

  it("follows the backend, and moves the focus to the new screen", async () => {
    await openWindow(signedIn());
    expect(document.body).toHaveFocus();
    await sessionChanged(held("lease-expired"));
    expect(root()).toHaveAttribute("data-state", "held");
    expect(document.querySelector("h1")).toHaveFocus();
    await sessionChanged(held("keychain-locked"));
    expect(document.querySelector("h1")).toHaveFocus();
    expect(document.querySelector("h1")).toHaveTextContent("Your keyring is locked");
    await sessionChanged(signedIn());
    expect(part("account-name")).toHaveFocus();
  });

  it("reports that the page responds, at the start and whenever it is asked", async () => {
    let times = 0;
    await openWindow(signedOut(), { page_alive: () => ++times });
    await vi.waitFor(() => {
      expect(times).toBe(1);
    });
    await vi.waitFor(async () => {
      await emit("page-check");
      expect(times).toBeGreaterThan(1);
    });
  });
});
