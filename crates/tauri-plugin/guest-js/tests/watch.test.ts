import { beforeEach, describe, expect, it, vi } from "vitest";

import type { SessionView } from "../index.js";
import { fails, plugin } from "./plugin.js";

const view = (reason: string) => ({ state: "signed-out", reason }) as unknown as SessionView;
const FIRST = view("never-signed-in");
const SECOND = view("revoked");

let watch: (callback: (session: SessionView) => void) => Promise<() => void>;

beforeEach(async () => {
  // The module holds the page's one channel; each test is a new page.
  vi.resetModules();
  ({ watch } = await import("../watch.js"));
});

/** A plugin that sends `FIRST` immediately, and more through `send`. */
function sender() {
  let index = 0;
  let id = 0;
  const send = (message: SessionView) => {
    const internals = window as unknown as {
      __TAURI_INTERNALS__: { runCallback: (id: number, data: unknown) => void };
    };
    internals.__TAURI_INTERNALS__.runCallback(id, { index: index++, message });
  };
  const calls = plugin({
    watch: ({ channel }) => {
      id = (channel as { id: number }).id;
      send(FIRST);
      return null;
    },
  });
  return { calls, send };
}

describe("watch", () => {
  it("delivers the session as it is now, and every change", async () => {
    const { calls, send } = sender();
    const seen: SessionView[] = [];
    await watch((session) => seen.push(session));
    send(SECOND);
    expect(seen).toEqual([FIRST, SECOND]);
    expect(calls.map(([command]) => command)).toEqual(["plugin:latchkey|watch"]);
  });

  it("delivers nothing after its end", async () => {
    const { send } = sender();
    const seen: SessionView[] = [];
    const unwatch = await watch((session) => seen.push(session));
    unwatch();
    unwatch();
    send(SECOND);
    expect(seen).toEqual([FIRST]);
  });

  it("opens one channel for all callbacks, and gives a later one the current session", async () => {
    const { calls, send } = sender();
    const one: SessionView[] = [];
    const two: SessionView[] = [];
    await watch((session) => one.push(session));
    send(SECOND);
    const unwatch = await watch((session) => two.push(session));
    send(FIRST);
    unwatch();
    send(SECOND);
    expect(one).toEqual([FIRST, SECOND, FIRST, SECOND]);
    expect(two).toEqual([SECOND, FIRST]);
    expect(calls).toHaveLength(1);
  });

  it("opens another channel after the end of the last callback", async () => {
    const { calls } = sender();
    (await watch(() => undefined))();
    const second = sender();
    const seen: SessionView[] = [];
    await watch((session) => seen.push(session));
    expect(seen).toEqual([FIRST]);
    expect(calls).toHaveLength(1);
    expect(second.calls).toHaveLength(1);
  });

  it("calls the other callbacks when one throws", async () => {
    const { send } = sender();
    const uncaught = vi.fn();
    process.once("uncaughtException", uncaught);
    const seen: SessionView[] = [];
    let times = 0;
    await watch(() => {
      if (++times === 2) throw new Error("of the app");
    });
    await watch((session) => seen.push(session));
    send(SECOND);
    await vi.waitFor(() => {
      expect(uncaught).toHaveBeenCalled();
    });
    expect(seen).toEqual([FIRST, SECOND]);
  });

  it("rejects when it is refused, and can be called again", async () => {
    plugin({ watch: fails("latchkey.watch not allowed") });
    await expect(watch(() => undefined)).rejects.toMatchObject({ command: "watch", code: "unexpected" });
    sender();
    const seen: SessionView[] = [];
    await watch((session) => seen.push(session));
    expect(seen).toEqual([FIRST]);
  });
});
