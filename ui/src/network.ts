// Owns the moment the network comes back: the backend is asked to make contact at once, not at its next try.
// Quiet: the answer arrives as a new view, and a failure changes nothing on screen.
import type { SessionView } from "./bindings/SessionView";
import * as ipc from "./ipc";

// A keychain that is held would answer with its own dialogue, which nobody asked for.
const mayAsk = (view: SessionView) =>
  view.state === "signed-in" ||
  (view.state === "held" && (view.reason === "lease-expired" || view.reason === "clock-moved-back"));

/** Makes contact whenever the system says that there is a network again. */
export function contactWhenOnline(current: () => SessionView): void {
  addEventListener("online", () => {
    if (mayAsk(current())) void ipc.checkIn();
  });
}
