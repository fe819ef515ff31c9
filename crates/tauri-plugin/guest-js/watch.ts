// Changes of the session. Permission: `latchkey:default`.
import { Channel } from "@tauri-apps/api/core";

import type { SessionView } from "./bindings/SessionView.js";
import { command } from "./command.js";

type Callback = (view: SessionView) => void;

const callbacks = new Set<{ call: Callback }>();
let latest: SessionView | undefined;
let opened: Promise<unknown> | undefined;

/**
 * Calls `callback` with the session as it is now, and after every change.
 *
 * @returns a function that ends the calls.
 */
export async function watch(callback: Callback): Promise<() => void> {
  const entry = { call: callback };
  callbacks.add(entry);
  const known = latest;
  try {
    await (opened ??= open());
  } catch (error) {
    callbacks.delete(entry);
    throw error;
  }
  // The channel has been open for some time: its first message went to an earlier callback.
  if (known !== undefined && callbacks.has(entry)) deliver(callback, latest ?? known);
  return () => {
    callbacks.delete(entry);
  };
}

// The plugin keeps one channel for each web view, so all callbacks of a page share it. It closes
// when the page goes.
function open(): Promise<unknown> {
  const channel = new Channel<SessionView>((view) => {
    latest = view;
    for (const { call } of [...callbacks]) deliver(call, view);
  });
  return command("watch", { channel }).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
}

/** Reports what a callback throws as uncaught, so that the other callbacks are still called. */
function deliver(call: Callback, view: SessionView): void {
  try {
    call(view);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
