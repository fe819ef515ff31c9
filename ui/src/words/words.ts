// The words that a language needs. Without a sentence for each code and reason the build fails.
import type {
  ConnectionView,
  HeldReason,
  IdSource,
  KeyPlace,
  SignedOutReason,
} from "tauri-plugin-latchkey-api";

import type { FailureCode } from "../outcome";
import type { Strength } from "../strength";
import type { Action } from "../session.svelte";
import type { BrowserWords } from "./browser";
import type { CauseWords } from "./causes";
import type { PeopleWords } from "./people";

export type NoticedReason = Exclude<SignedOutReason, "never-signed-in">;

/** Places where the same failure has another meaning for the user. */
export type Place =
  | Action
  | "call-api"
  | "check-in-signed-in"
  | "devices"
  | "end-session"
  | "change-password"
  | "forgot-password"
  | "confirm"
  | "factor"
  | "lost-factor"
  | "notice"
  | "passkeys"
  | "links"
  | "code-alone";

export interface Words extends BrowserWords, CauseWords, PeopleWords {
  /** BCP 47 tag of the language itself, used for dates when the system speaks another one. */
  locale: string;
  product: string;
  signIn: {
    heading: string;
    to: (server: string) => string;
    username: string;
    password: string;
    show: string;
    hide: string;
    showPassword: string;
    hidePassword: string;
    passwordShown: string;
    passwordHidden: string;
    capsLock: string;
    submit: string;
  };
  /** Shown while an action is in progress. */
  waiting: Record<
    | Action
    | "call-api"
    | "start"
    | "devices"
    | "end"
    | "change-password"
    | "forgot-password"
    | "confirm"
    | "factor"
    | "options"
    | "passkeys",
    string
  >;
  signedIn: {
    session: string;
    account: string;
    since: string;
    offlineUntil: string;
    email: string;
    checkIn: string;
    confirmed: string;
    notKept: string;
    signOut: string;
    signOutOffline: string;
  };
  connection: Record<ConnectionView, string> & { offlineUntil: (date: string) => string; label: string };
  api: {
    heading: string;
    about: string;
    call: string;
    refused: (status: number) => string;
    empty: string;
  };
  back: string;
  devices: {
    heading: string;
    about: string;
    this: string;
    earlier: string;
    tidy: string;
    tidyAsk: (count: number) => string;
    tidied: string;
    unnamed: string;
    since: (date: string) => string;
    seen: (distance: string) => string;
    offlineUntil: (date: string) => string;
    from: (address: string) => string;
    end: string;
    endNamed: (device: string) => string;
    endAsk: string;
    endOthers: string;
    endOthersAsk: string;
    cancel: string;
    onlyThis: string;
    ended: string;
    othersEnded: string;
    retry: string;
  };
  change: {
    heading: string;
    about: string;
    current: string;
    chosen: string;
    advice: string;
    rule: (length: number) => string;
    tooShort: (length: number) => string;
    strength: Record<Strength, string>;
    endOthers: string;
    endOthersAbout: string;
    submit: string;
    done: string;
    doneOthersEnded: string;
    currentMissing: string;
    chosenMissing: string;
    same: string;
  };
  device: {
    copy: string;
    copied: string;
    copyByHand: string;
    heading: string;
    id: string;
    idSource: Record<IdSource, string>;
    key: string;
    keyPlace: string;
    keyPlaces: Record<KeyPlace, string>;
    server: string;
    version: string;
    shared: string;
    sharedWith: (count: number) => string;
    noId: string;
    noKey: string;
  };
  held: Record<HeldReason, { heading: string; sentence: string; retry: string; retrying: string }> & {
    signOut: string;
    /** Opens the sign-in form while a session is held. */
    signIn: string;
    signInAnew: string;
    signInOtherwise: string;
    /** Opens the form over the session of a newer version, after the question. */
    signInHere: string;
    signInHereAsk: string;
  };
  /** Follows the failure, when the key would have to be stored in a file. */
  keyFile: { consent: string; forbidden: string; signIn: string; send: string };
  signedOut: Record<NoticedReason, string>;
  failures: Record<FailureCode, string>;
  /** The text added to a cause in a certain place. */
  afterCause: Partial<Record<Place, string>>;
  /** The same, where the server may have done what it was asked before the connection broke. */
  afterCauseUnsure: Partial<Record<Place, string>>;
  /** The sentence for "throttled" when the server reports how long. */
  throttledFor: (wait: string) => string;
  /** The sentence for "server-key-unknown" when the keys are known. */
  keysDiffer: (carried: string, named: string) => string;
  /** Sentences that replace the general one in a certain place. */
  failuresIn: Partial<Record<Place, Partial<Record<FailureCode, string>>>>;
  start: { heading: string; retry: string };
  unknownDate: string;
}
