// The words that a language needs for the system's browser, and for the ways in that it brings.
import type { BrowserState, NotOpened, PasskeysUnavailable } from "tauri-plugin-latchkey-api";

import type { FailureCode } from "../outcome";

/** The codes of failures that only the browser brings. */
export type BrowserFailureCode = Extract<
  FailureCode,
  | `browser-${string}`
  | "wrong-result"
  | "other-device-off"
  | "provider-away"
  | "provider-refused"
  | "account-not-allowed"
  | "account-unknown"
  | "link-needed"
  | "other-account"
  | "too-many-passkeys"
  | "passkey-taken"
  | "linked-elsewhere"
  | "last-way"
  | "passwords-disabled"
>;

/** What a request in the browser says by itself. A failure has its own sentence. */
export type TellingState = Exclude<BrowserState, "failed" | "refused" | "over">;

export interface BrowserWords {
  browser: {
    /** Between the password's form and the buttons for the browser. */
    or: string;
    passkey: string;
    provider: (name: string) => string;
    /** Where the page lists the ways. */
    any: string;
    heading: string;
    here: Record<TellingState, string>;
    other: Record<TellingState, string>;
    left: (wait: string) => string;
    notOpened: Record<NotOpened, string>;
    openAgain: string;
    open: string;
    copy: string;
    copied: string;
    address: string;
    picture: string;
    /** Warns before the characters are given to a stranger. */
    warning: string;
    characters: string;
    charactersHint: string;
    pasted: string;
    pastedHint: string;
    pastedOpen: string;
    missing: string;
    submit: string;
    otherDevice: string;
    thisDevice: string;
    anew: string;
    cancel: string;
    close: string;
  };
  otherAccount: {
    heading: string;
    about: (there: string, here: string | null) => string;
    note: string;
    replace: (name: string) => string;
    keep: string;
  };
  /** The screen with the passkeys and the links. */
  ways: {
    heading: string;
    about: string;
    /** In their place after a sign-in with a code and no password. */
    add: string;
    afterCode: string;
    later: string;
    links: string;
    linksAbout: string;
    link: (provider: string) => string;
    linkAnother: (provider: string) => string;
    linking: string;
    linked: string;
    unlinked: string;
    unlinkNamed: (provider: string) => string;
    unlinkAsk: (provider: string) => string;
    since: (date: string) => string;
    used: (distance: string) => string;
    unused: string;
    /** The server has the provider no more. */
    gone: string;
  };
  passkeys: {
    heading: string;
    about: string;
    none: string;
    add: string;
    adding: string;
    name: string;
    nameAbout: string;
    nameMissing: string;
    finish: string;
    rename: string;
    renameNamed: (name: string) => string;
    save: string;
    remove: string;
    removeNamed: (name: string) => string;
    removeAsk: string;
    cancel: string;
    added: string;
    renamed: string;
    removed: string;
    since: (date: string) => string;
    used: (distance: string) => string;
    unused: string;
    synced: string;
    suspicious: string;
    unavailable: Record<PasskeysUnavailable, string>;
  };
}
