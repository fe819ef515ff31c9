// Why the window is signed out, and by whom, in one sentence.
import type { SessionView } from "tauri-plugin-latchkey-api";

import { dayOf } from "./dates";
import { quotable } from "./name";
import { words } from "./words";

type SignedOut = Extract<SessionView, { state: "signed-out" }>;

/** The sentence about the end of the session; null where there never was one. */
export function endedSentence({ reason, ended }: SignedOut, now: number): string | null {
  if (reason === "never-signed-in") return null;
  if (!ended) return words.signedOut[reason];
  const time = dayOf(ended.at, now);
  const name = quotable(ended.by?.name ?? "");
  switch (reason) {
    case "password-reset":
      return words.ended.passwordReset(time);
    case "not-me":
      return words.ended.notMe(time);
    case "ended-by-device":
      return name ? words.ended.by(name, time) : words.ended.at(time);
    default:
      return words.signedOut[reason];
  }
}

/** Whether another person may have ended it. */
export const mayBeTakenOver = ({ reason }: SignedOut): boolean =>
  reason === "password-reset" || reason === "ended-by-device";
