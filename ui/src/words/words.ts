// What a language must say. Every code and reason has its sentence, or the build fails.
import type { ConnectionView } from "../bindings/ConnectionView";
import type { HeldReason } from "../bindings/HeldReason";
import type { IdSource } from "../bindings/IdSource";
import type { KeyPlace } from "../bindings/KeyPlace";
import type { SignedOutReason } from "../bindings/SignedOutReason";
import type { FailureCode } from "../ipc";
import type { Action } from "../session.svelte";

export type NoticedReason = Exclude<SignedOutReason, "never-signed-in">;

/** Places where the same failure means something else to the person. */
export type Place = Action | "call-api" | "check-in-signed-in";

export interface Words {
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
  /** What is said while an action takes its time. */
  waiting: Record<Action | "call-api" | "start", string>;
  signedIn: {
    session: string;
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
  device: {
    heading: string;
    id: string;
    idSource: Record<IdSource, string>;
    key: string;
    keyPlace: string;
    keyPlaces: Record<KeyPlace, string>;
    server: string;
    version: string;
    noId: string;
    noKey: string;
  };
  held: Record<HeldReason, { heading: string; sentence: string; retry: string; retrying: string }> & {
    signOut: string;
  };
  signedOut: Record<NoticedReason, string>;
  failures: Record<FailureCode, string>;
  /** Sentences that replace the general one in a certain place. */
  failuresIn: Partial<Record<Place, Partial<Record<FailureCode, string>>>>;
  start: { heading: string; retry: string };
  unknownDate: string;
}
