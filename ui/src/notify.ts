// Chooses what the desktop is told while the window is not in front. It names no person.
import type { SessionView } from "tauri-plugin-latchkey-api";

import * as ipc from "./ipc";
import { words } from "./words";

const noticesIn = (view: SessionView) => (view.state === "signed-in" ? view.notices : 0);

/** The step of the warning: each is told once. */
const warningIn = (view: SessionView) =>
  view.state === "signed-in" && view.warning ? `${view.warning.kind} ${String(view.warning.within)}` : "";

/** Tells the desktop what is new in a view. The backend knows whether the window is in front. */
export function notifyOfNews(before: SessionView | null, view: SessionView): void {
  if (noticesIn(view) > (before ? noticesIn(before) : 0)) void ipc.notify(words.notifications.used);
  const warning = warningIn(view);
  if (warning && warning !== (before && warningIn(before))) void ipc.notify(words.notifications.ends);
}
