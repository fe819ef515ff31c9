import { fireEvent } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";

import { NOW, signedIn, signedOut } from "./views";
import { button, field, has, openWindow, part } from "./window";

const QUIET = { close_window: () => null, zoom: () => null };

/** Presses a key. Returns whether the web view may still handle it. */
const press = (key: string, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(document.body, { key, ...more });

const ctrl = { ctrlKey: true };

/** Answers as the web view of another system does. */
const runOn = (platform: string) => vi.spyOn(navigator, "platform", "get").mockReturnValue(platform);

async function open() {
  const { calls } = await openWindow(signedIn(), QUIET);
  calls.length = 0;
  return calls;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a browser’s key", () => {
  it.each([
    ["F3", {}],
    ["F3", { shiftKey: true }],
    ["F7", {}],
    ["BrowserRefresh", {}],
    ["BrowserForward", {}],
    ["p", ctrl],
    ["P", { ctrlKey: true, shiftKey: true }],
    ["з", { ctrlKey: true, code: "KeyP" }],
    ["F5", {}],
    ["F5", ctrl],
    ["F5", { shiftKey: true }],
    ["r", ctrl],
    ["R", { ctrlKey: true, shiftKey: true }],
    ["к", { ctrlKey: true, code: "KeyR" }],
  ])("%s with %j is disabled on every system", async (key, more) => {
    for (const platform of ["Linux x86_64", "Win32"]) {
      runOn(platform);
      const calls = await open();
      expect(await press(key, more), platform).toBe(false);
      expect(calls).toEqual([]);
    }
  });

  it.each(["f", "g", "s", "u", "o"])("Ctrl and %s is disabled on Windows alone", async (key) => {
    const calls = await open();
    expect(await press(key, ctrl), "it moves the caret with some key themes").toBe(true);
    runOn("Win32");
    expect(await press(key, ctrl)).toBe(false);
    expect(await press(key)).toBe(true);
    expect(calls).toEqual([]);
  });

  it("does not disable typing a letter", async () => {
    await open();
    for (const key of ["r", "R", "p", "w", "q", "0", "+", "-"]) expect(await press(key), key).toBe(true);
    expect(await press("@", { ctrlKey: true, altKey: true, code: "KeyQ" }), "AltGr").toBe(true);
    expect(await press("c", ctrl)).toBe(true);
    expect(await press("v", ctrl)).toBe(true);
    expect(await press("Escape", { isComposing: true })).toBe(true);
  });
});

describe("the menu of the web view", () => {
  const rightClick = (element: Element) => fireEvent.contextMenu(element);

  it("opens only on text that can be cut, copied or pasted", async () => {
    await openWindow(signedOut());
    expect(await rightClick(field("username"))).toBe(true);
    expect(await rightClick(field("password"))).toBe(true);
    const heading = document.querySelector("h1") as HTMLElement;
    for (const element of [heading, button("sign-in"), document.body])
      expect(await rightClick(element), element.outerHTML.slice(0, 60)).toBe(false);
    getSelection()?.selectAllChildren(heading);
    expect(await rightClick(heading), "what is marked can be copied").toBe(true);
    expect(await rightClick(button("sign-in"))).toBe(false);
    getSelection()?.removeAllRanges();
  });

  it("does not open on a checkbox", async () => {
    const { user } = await openWindow(signedIn());
    await user.click(button("open-password"));
    expect(await rightClick(field("end-others"))).toBe(false);
    expect(await rightClick(field("new-password"))).toBe(true);
  });
});

describe("closing", () => {
  it.each([
    ["w", ctrl],
    ["q", ctrl],
    ["ц", { ctrlKey: true, code: "KeyW" }],
  ])("%s with %j closes the window", async (key, more) => {
    const calls = await open();
    expect(await press(key, more)).toBe(false);
    expect(calls).toEqual([["close_window", {}]]);
  });

  it("is left to the system on macOS", async () => {
    runOn("MacIntel");
    const calls = await open();
    expect(await press("w", { metaKey: true })).toBe(true);
    expect(await press("w", ctrl)).toBe(true);
    for (const key of ["r", "p"]) expect(await press(key, { metaKey: true }), key).toBe(false);
    expect(await press("p", ctrl), "it moves the caret").toBe(true);
    expect(calls).toEqual([]);
  });
});

describe("zoom", () => {
  it.each([
    ["+", "in"],
    ["=", "in"],
    ["-", "out"],
    ["0", "reset"],
  ])("Ctrl and %s is a step: %s", async (key, step) => {
    const calls = await open();
    expect(await press(key, ctrl)).toBe(false);
    expect(calls).toEqual([["zoom", { step }]]);
  });

  it("follows the wheel with Ctrl, one step for each notch", async () => {
    const calls = await open();
    const turn = (deltaY: number, more = ctrl) => fireEvent.wheel(document.body, { deltaY, ...more });
    expect(await turn(-120)).toBe(false);
    expect(await turn(120)).toBe(false);
    for (let part = 0; part < 4; part++) await turn(-15);
    expect(await turn(-120, { ctrlKey: false })).toBe(true);
    expect(calls.map(([, args]) => (args as { step: string }).step)).toEqual(["in", "out", "in"]);
  });
});

describe("going back", () => {
  const ways: [string, () => Promise<unknown>][] = [
    ["Escape", () => press("Escape")],
    ["Alt+Left", () => press("ArrowLeft", { altKey: true })],
    ["the key for it", () => press("BrowserBack")],
    ["the mouse's back button", () => fireEvent.mouseUp(document.body, { button: 3 })],
  ];

  it.each(ways)("%s closes a sub-screen and focuses the button that opened it", async (_, go) => {
    const { user } = await openWindow(signedIn(), { sessions: () => [] });
    for (const place of ["devices", "password"]) {
      await user.click(button(`open-${place}`));
      expect(has('[data-action="back"]')).toBe(true);
      await go();
      await vi.waitFor(() => {
        expect(button(`open-${place}`)).toHaveFocus();
      });
    }
    await go();
    expect(part("account-name")).toBeVisible();
  });

  it.each(ways)("%s closes an open question first, wherever the focus is", async (_, go) => {
    const device = {
      deviceName: "Desk",
      platform: "linux",
      signedInAt: NOW,
      lastSeenAt: NOW,
      leaseEndsAt: null,
    };
    const devices = [
      { ...device, sid: "mine", current: true, address: null },
      { ...device, sid: "desk", current: false, address: null },
    ];
    const { calls, user } = await openWindow(signedIn(), { sessions: () => devices });
    await user.click(button("open-devices"));
    await user.click(button("end"));
    (document.activeElement as HTMLElement).blur();
    await go();
    await vi.waitFor(() => {
      expect(button("end")).toHaveFocus();
    });
    expect(has('[data-action="back"]'), "the screen is still there").toBe(true);
    await go();
    await vi.waitFor(() => {
      expect(button("open-devices")).toHaveFocus();
    });
    expect(calls.map(([command]) => command)).not.toContain("end_session");
  });

  it("does not use the browser's history", async () => {
    await open();
    for (const mouseButton of [3, 4]) {
      expect(await fireEvent.mouseDown(document.body, { button: mouseButton })).toBe(false);
      expect(await fireEvent.mouseUp(document.body, { button: mouseButton })).toBe(false);
    }
    expect(await fireEvent.mouseUp(document.body, { button: 0 })).toBe(true);
  });
});
