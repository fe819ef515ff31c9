// Shows one of three screens: the form, the notes, or why the session cannot be used now.
import { checkIn, signOut } from "tauri-plugin-latchkey-api";
import type { HeldReason, SessionView } from "tauri-plugin-latchkey-api";

import { button, element } from "./element";
import { NotesScreen } from "./notes";
import { signInScreen } from "./sign-in";

let notes: NotesScreen | undefined;

// The result is in the next message of `watch`.
const endSession = () => void signOut().catch(() => undefined);
const tryAgain = () => void checkIn().catch(() => undefined);

/** Shows the session. Does nothing to a screen that is shown already. */
export function show(page: HTMLElement, session: SessionView): void {
  const before = page.dataset["state"];
  page.dataset["state"] = session.state;
  if (session.state === "signed-in") {
    const owner = `${session.account.username} ${String(session.account.signedInAt)}`;
    const isAnother = notes?.owner !== owner;
    if (!notes || isAnother) notes = new NotesScreen(owner);
    notes.update(session);
    if (isAnother || before !== "signed-in")
      page.replaceChildren(header(session.account.username), notes.element);
  } else if (session.state === "held") {
    page.replaceChildren(heldScreen(session.reason));
  } else if (before !== "signed-out") {
    notes = undefined;
    page.replaceChildren(signInScreen());
  }
}

function header(username: string): HTMLElement {
  const who = element("p", { className: "quiet", dir: "auto" }, `Signed in as ${username}`);
  return element("header", {}, who, button("sign-out", "Sign out", endSession));
}

// An app that shows more has a sentence for each reason; the session returns by itself from most.
function heldScreen(reason: HeldReason): HTMLElement {
  const sentence =
    reason === "keychain-locked"
      ? "The keychain is locked. Unlock it to see your notes."
      : "You are signed in, but your notes cannot be opened now.";
  return element(
    "section",
    {},
    element("h1", {}, "Notes"),
    element("p", {}, sentence),
    button("check-in", "Try again", tryAgain),
    button("sign-out", "Sign out", endSession),
  );
}
