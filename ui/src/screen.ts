// Which screen the window shows. The root element carries its name.
import type { SessionView } from "tauri-plugin-latchkey-api";

import { keyCause } from "./held";

/** A screen that the user has opened from another one. */
export type OpenedScreen =
  | "sign-in"
  | "forgot-password"
  | "use-code"
  | "enrol-factor"
  | "devices"
  | "change-password"
  | "factor"
  | "passkeys"
  | PeopleScreen;

/** The screens about other people's accounts. */
export type PeopleScreen = "people" | "person" | "invite";

export const isOfPeople = (screen: OpenedScreen | null): screen is PeopleScreen =>
  screen === "people" || screen === "person" || screen === "invite";

export type ScreenName =
  | OpenedScreen
  | "starting"
  | "start-failed"
  | "second-factor"
  | "signed-in"
  | "held"
  | "recovery-codes"
  | "browser";

const OF_STATE = { "signed-out": "sign-in", "signed-in": "signed-in", held: "held" } as const;
const OF_PENDING = { "second-factor": "second-factor", enrolment: "enrol-factor" } as const;

/** Whether the user signs in in the browser: its screen is in front then. */
export const isInBrowser = (view: SessionView): boolean => view.browser?.purpose === "sign-in";

/** Whether a held session waits for the user to set up two-step sign-in. */
const isOffered = (view: SessionView) =>
  view.state === "held" && view.reason === "factor-required" && view.pending?.kind !== "second-factor";

/**
 * The name of the screen. `opened` is the one that the user has opened over the session's, and
 * `codesShown` whether there are new recovery codes to keep.
 */
export function screenName(view: SessionView, opened: OpenedScreen | null, codesShown: boolean): ScreenName {
  if (codesShown) return "recovery-codes";
  if (view.pending && !isOffered(view)) return OF_PENDING[view.pending.kind];
  if (isInBrowser(view)) return "browser";
  return opened ?? OF_STATE[view.state];
}

/** What a view is about: when it changes, what the user has opened is over. */
export const sessionScreen = (view: SessionView): string =>
  view.state === "held" && !keyCause(view.reason, view.cause) ? `held ${view.reason}` : view.state;

/** What is on screen: when it changes, the new screen takes the focus. */
export const shownScreen = (view: SessionView): string =>
  `${view.state} ${view.state === "held" ? view.reason : ""} ${view.pending?.kind ?? ""} ${isInBrowser(view) ? "browser" : ""}`;
