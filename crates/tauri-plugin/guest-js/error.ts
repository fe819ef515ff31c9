// The only error of this package, made from a rejected command.
import type { CommandError } from "./bindings/CommandError.js";
import type { Need } from "./bindings/Need.js";
import type { NetworkCause } from "./bindings/NetworkCause.js";
import type { NotOpened } from "./bindings/NotOpened.js";
import type { SecretError } from "./bindings/SecretError.js";
import type { StorageFault } from "./bindings/StorageFault.js";

type Cause = NetworkCause | SecretError | StorageFault | NotOpened;
type PluginCode = CommandError["code"];

/** What went wrong: a code of the plugin's, or `unexpected` for everything else. */
export type ErrorCode = PluginCode | "unexpected";

// A record and not a list, so that the compiler asks for a code that is missing here.
const CODES: Record<PluginCode, true> = {
  "wrong-credentials": true,
  "credentials-missing": true,
  throttled: true,
  "server-unreachable": true,
  "server-unavailable": true,
  "server-answer-invalid": true,
  "server-key-unknown": true,
  "session-unknown": true,
  "provider-sign-in-required": true,
  "server-refused": true,
  "not-signed-in": true,
  "session-held": true,
  "session-over": true,
  "sign-in-in-progress": true,
  superseded: true,
  "store-newer": true,
  "clock-wrong": true,
  "not-kept": true,
  "keychain-locked": true,
  "keychain-unavailable": true,
  "key-file-consent": true,
  "key-file-forbidden": true,
  "path-not-allowed": true,
  "body-too-large": true,
  "request-id-reused": true,
  "too-many-requests": true,
  "password-too-short": true,
  "password-too-long": true,
  "password-too-common": true,
  "password-breached": true,
  "second-factor-required": true,
  "enrolment-required": true,
  "wrong-code": true,
  "code-used": true,
  "challenge-expired": true,
  "invalid-code": true,
  "malformed-code": true,
  "code-for-factor": true,
  "forgot-unavailable": true,
  "proof-required": true,
  "confirmation-required": true,
  "factor-required": true,
  "enrolment-expired": true,
  "nothing-pending": true,
  "account-disabled": true,
  "browser-unavailable": true,
  "browser-not-opened": true,
  "browser-expired": true,
  "browser-refused": true,
  "browser-failed": true,
  "wrong-result": true,
  "other-device-off": true,
  "provider-away": true,
  "provider-refused": true,
  "account-not-allowed": true,
  "account-unknown": true,
  "link-needed": true,
  "other-account": true,
  "too-many-passkeys": true,
  "passkey-taken": true,
  "linked-elsewhere": true,
  "last-way": true,
  "passwords-disabled": true,
};

/**
 * Why a call failed.
 *
 * Decide by {@link LatchkeyError.code}; `message` is an English sentence for logs. Neither contains
 * an argument of the call.
 */
export class LatchkeyError extends Error {
  override readonly name = "LatchkeyError";
  /** The command that failed, such as `sign_in`. */
  readonly command: string;
  /** What went wrong. */
  readonly code: ErrorCode;
  /**
   * Why, where it is known: of the network with `server-unreachable`, of the app's files with
   * `not-kept`, of the place of the device's key with the codes that begin with `key`, of the
   * system's browser with `browser-not-opened`.
   */
  override readonly cause: Cause | undefined;
  /** With `throttled`: how long to wait, in seconds, if the server reports it. */
  readonly retryAfterSeconds: number | undefined;
  /** With `password-too-short`: how many characters the server requires, if it reports it. */
  readonly minLength: number | undefined;
  /** With `server-key-unknown`: the ids of the app's key and of the key that the server uses. */
  readonly keys: { readonly carried: string; readonly named: string } | undefined;

  /** With `confirmation-required`: what the user has to prove once more. */
  readonly needs: readonly Need[] | undefined;
  /**
   * With `needs`: whether a passkey in the browser does, too, because the account has one. Confirm
   * with `{ browser: { way: "passkey" } }` then.
   */
  readonly orPasskey: boolean;
  /** With `wrong-code` and `wrong-result`: how many tries are left, if the server reports it. */
  readonly triesLeft: number | undefined;
  /**
   * With `invalid-code`: whether the app has asked for a code with this device's key since it was
   * started. If not, a mailed code may belong to another device, or to a key that is gone.
   */
  readonly askedHere: boolean | undefined;

  /** @internal */
  constructor(command: string, code: ErrorCode, message: string, details: Record<string, unknown> = {}) {
    super(message);
    const { cause, retryAfterSeconds, minLength, carried, named, needs, orPasskey, triesLeft, askedHere } =
      details;
    this.command = command;
    this.code = code;
    this.cause = typeof cause === "string" ? (cause as Cause) : undefined;
    this.retryAfterSeconds = typeof retryAfterSeconds === "number" ? retryAfterSeconds : undefined;
    this.minLength = typeof minLength === "number" ? minLength : undefined;
    this.needs = Array.isArray(needs) ? needs.filter(isNeed) : undefined;
    this.orPasskey = orPasskey === true;
    this.triesLeft = typeof triesLeft === "number" ? triesLeft : undefined;
    this.askedHere = typeof askedHere === "boolean" ? askedHere : undefined;
    this.keys = typeof carried === "string" && typeof named === "string" ? { carried, named } : undefined;
  }
}

const isNeed = (value: unknown): value is Need =>
  value === "password" || value === "code" || value === "browser";

/** Makes the error from the value that `command` was rejected with. */
export function errorOf(command: string, rejected: unknown): LatchkeyError {
  if (rejected instanceof LatchkeyError) return rejected;
  if (isCommandError(rejected))
    return new LatchkeyError(command, rejected.code, rejected.message, { ...rejected });
  return new LatchkeyError(command, "unexpected", messageOf(rejected));
}

function isCommandError(value: unknown): value is CommandError {
  return (
    typeof value === "object" &&
    value !== null &&
    "code" in value &&
    typeof value.code === "string" &&
    Object.hasOwn(CODES, value.code)
  );
}

// Tauri's sentences about a missing permission or a missing plugin. They name commands only.
const SETUP = /^(latchkey\.\w+ not allowed|Command \S+ not found|plugin latchkey not found)/;

/** Drops every other text: that of malformed arguments quotes them. */
function messageOf(rejected: unknown): string {
  return typeof rejected === "string" && SETUP.test(rejected)
    ? rejected
    : "the call was rejected without a code of the plugin";
}
