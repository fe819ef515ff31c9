// Owns the moment the network comes back: the backend is asked to make contact at once, not at its next try.
// Quiet: the answer arrives as a new view, and a failure changes nothing on screen.
import { checkIn, type HeldReason, type SessionView } from "tauri-plugin-latchkey-api";

import { outcomeOf } from "./outcome";

// A keychain that is held would answer with its own dialogue, which nobody asked for.
const CURED_BY_CONTACT: ReadonlySet<HeldReason> = new Set<HeldReason>([
  "lease-expired",
  "clock-moved-back",
  "session-unknown",
]);

const mayAsk = (view: SessionView) =>
  view.state === "signed-in" || (view.state === "held" && CURED_BY_CONTACT.has(view.reason));

/** Makes contact whenever the system says that there is a network again. */
export function contactWhenOnline(current: () => SessionView): void {
  addEventListener("online", () => {
    if (mayAsk(current())) void outcomeOf(checkIn());
  });
}
