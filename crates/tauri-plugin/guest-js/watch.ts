// Changes of the session. Permission: `latchkey:default`.
import { Channel } from "@tauri-apps/api/core";

import type { SessionView } from "./bindings/SessionView.js";
import { command } from "./command.js";

type Callback = (view: SessionView) => void;

// The plugin keeps one channel for each web view: all callbacks of a page share it.
interface Subscription {
  callbacks: Set<{ call: Callback }>;
  latest: SessionView | undefined;
  opened: Promise<unknown>;
}

let current: Subscription | undefined;

/**
 * Calls `callback` with the session as it is now, and after every change.
 *
 * @returns a function that ends the calls.
 */
export async function watch(callback: Callback): Promise<() => void> {
  const subscription = (current ??= subscribe());
  const { callbacks, latest } = subscription;
  const entry = { call: callback };
  callbacks.add(entry);
  const end = () => {
    callbacks.delete(entry);
    // The next callback opens a new channel, which replaces this one in the plugin.
    if (callbacks.size === 0 && current === subscription) current = undefined;
  };
  try {
    await subscription.opened;
  } catch (error) {
    end();
    throw error;
  }
  // Otherwise the first message of the channel is still to come, or has reached this callback.
  if (latest !== undefined && callbacks.has(entry)) deliver(callback, subscription.latest ?? latest);
  return end;
}

function subscribe(): Subscription {
  const subscription: Subscription = { callbacks: new Set(), latest: undefined, opened: Promise.resolve() };
  const channel = new Channel<SessionView>((view) => {
    subscription.latest = view;
    for (const { call } of [...subscription.callbacks]) deliver(call, view);
  });
  subscription.opened = command("watch", { channel });
  return subscription;
}

/** Reports a callback's error as uncaught, so that the other callbacks are still called. */
function deliver(call: Callback, view: SessionView): void {
  try {
    call(view);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
