// When the network is back, asks the backend to contact the server now instead of at its next try.
// The result arrives as a new view; a failure changes nothing on screen.
import { checkIn, type HeldReason, type SessionView } from "tauri-plugin-latchkey-api";

import { outcomeOf } from "./outcome";

// Not for a locked keychain: it would open a dialogue that the user has not asked for.
const CURED_BY_CONTACT: ReadonlySet<HeldReason> = new Set<HeldReason>([
  "lease-expired",
  "clock-moved-back",
  "session-unknown",
  "provider-sign-in-required",
]);

const mayAsk = (view: SessionView) =>
  view.state === "signed-in" || (view.state === "held" && CURED_BY_CONTACT.has(view.reason));

/** Contacts the server whenever the system reports that the network is back. */
export function contactWhenOnline(current: () => SessionView): void {
  addEventListener("online", () => {
    if (mayAsk(current())) void outcomeOf(checkIn());
  });
}
