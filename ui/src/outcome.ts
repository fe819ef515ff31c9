// Turns a call of the plugin into an Outcome: a value, or a Failure whose code has a sentence.
// Throws nothing. Records the last failure, for support.
import { LatchkeyError } from "tauri-plugin-latchkey-api";
import type { ErrorCode, Need, NetworkCause, SecretError, StorageFault } from "tauri-plugin-latchkey-api";

export type FailureCode = ErrorCode;

export type Outcome<T> = { ok: true; value: T } | Failure;

export interface Failure {
  ok: false;
  code: FailureCode;
  /** With the codes about the device's key: the fault of its place. */
  keyCause?: SecretError;
  /** With "password-too-short": how many characters the server requires, if it reports it. */
  minLength?: number;
  /** With "throttled": how many seconds to wait, if the server reports it. */
  retryAfterSeconds?: number;
  /** With "server-unreachable": why there was no response. */
  cause?: NetworkCause;
  /** With `cause`: what this computer's clock showed then, in unix seconds. */
  clock?: number;
  /** With "server-key-unknown": the key that the app carries, and the one that the token names. */
  keys?: { carried: string; named: string };
  /** With "not-kept": the fault of the app's files. */
  storageCause?: StorageFault;
  /** With "confirmation-required": what the user has to enter. */
  needs?: Need[];
  /** With `needs`: whether a passkey does, too. */
  orPasskey?: boolean;
  /** With "invalid-code": whether a code was asked for here, since the start of the app. */
  askedHere?: boolean;
}

/** The last command that failed, and when, in unix seconds. For support. */
export interface LastFailure {
  command: string;
  code: FailureCode;
  cause?: NonNullable<LatchkeyError["cause"]>;
  at: number;
}

let read: () => number = () => 0;
let last: LastFailure | null = null;

const seconds = () => Math.floor(read() / 1000);

/** Sets the clock that failures are dated by, in unix milliseconds. */
export function dateFailuresBy(clock: () => number): void {
  read = clock;
}

export const lastFailure = (): LastFailure | null => last;

export async function outcomeOf<T>(call: Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await call };
  } catch (error) {
    if (!(error instanceof LatchkeyError)) return { ok: false, code: "unexpected" };
    const { command, code, cause } = error;
    last = { command, code, at: seconds(), ...(cause && { cause }) };
    return { ok: false, code, ...detailsOf(error) };
  }
}

/** The fields of a code, with a separate name for each kind. */
function detailsOf(error: LatchkeyError): Partial<Failure> {
  const { askedHere, code, cause, keys, minLength, needs, orPasskey, retryAfterSeconds } = error;
  switch (code) {
    case "confirmation-required":
      return needs ? { needs: [...needs], orPasskey } : {};
    case "invalid-code":
      return askedHere === undefined ? {} : { askedHere };
    case "password-too-short":
      return minLength === undefined ? {} : { minLength };
    case "throttled":
      return retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    case "server-unreachable":
      return cause ? { cause: cause as NetworkCause, clock: seconds() } : {};
    case "server-key-unknown":
      return keys ? { keys } : {};
    case "not-kept":
      return cause ? { storageCause: cause as StorageFault } : {};
    case "keychain-locked":
    case "keychain-unavailable":
    case "key-file-consent":
    case "key-file-forbidden":
      return cause ? { keyCause: cause as SecretError } : {};
    default:
      return {};
  }
}
