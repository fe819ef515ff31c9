// Remembers over a restart of the app until when a sign-in in the browser would have lasted: the
// request itself lives in the app's memory. Stores a time, and nothing about the request.
import type { SessionView } from "tauri-plugin-latchkey-api";

import { isInBrowser } from "./screen";

const KEY = "browser-until";

let isStored = false;

const lasts = (view: SessionView) =>
  isInBrowser(view) && !["over", "refused", "done"].includes(view.browser?.state ?? "");

/** Stores the time while a sign-in in the browser is under way, and removes it afterwards. */
export function rememberBrowser(view: SessionView): void {
  const until = lasts(view) ? view.browser?.expiresAt : undefined;
  if ((until !== undefined) === isStored) return;
  isStored = until !== undefined;
  try {
    if (until === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, String(until));
  } catch {
    // Without a place for it, the window says nothing after a restart.
  }
}

/**
 * Whether the app was closed during a sign-in in the browser that would still last. Says so once.
 * `now` is in unix seconds.
 */
export function wasInterrupted(view: SessionView, now: number): boolean {
  isStored = lasts(view);
  if (isStored) return false;
  try {
    const until = Number(localStorage.getItem(KEY) ?? 0);
    localStorage.removeItem(KEY);
    return view.state !== "signed-in" && until > now;
  } catch {
    return false;
  }
}
