// Owns every word exchanged with the backend: the commands, the event, and what a failure looks like.
// Nothing is thrown: a command ends in a value or in a Failure with a code that has a sentence.
import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { ApiReply } from "./bindings/ApiReply";
import type { CommandError } from "./bindings/CommandError";
import type { DeviceSession } from "./bindings/DeviceSession";
import type { SecretError } from "./bindings/SecretError";
import type { NetworkCause } from "./bindings/NetworkCause";
import type { Reading } from "./bindings/Reading";
import type { SendBody } from "./bindings/SendBody";
import type { SendMethod } from "./bindings/SendMethod";
import type { SessionView } from "./bindings/SessionView";
import type { StorageFault } from "./bindings/StorageFault";
import type { ZoomStep } from "./bindings/ZoomStep";

export type ErrorCode = CommandError["code"];

/** The backend's codes, and one for whatever is not an answer of the backend's. */
export type FailureCode = ErrorCode | "unexpected";

export type Outcome<T> = { ok: true; value: T } | Failure;

export interface Failure {
  ok: false;
  code: FailureCode;
  /** With the codes about the device's key: what is wrong with its place. */
  keyCause?: SecretError;
  /** With "password-too-short": how many characters the server asks for, if it says so. */
  minLength?: number;
  /** With "throttled": how many seconds to wait, if the server says so. */
  retryAfterSeconds?: number;
  /** With "server-unreachable": why there was no answer. */
  cause?: NetworkCause;
  /** With `cause`: what this computer's clock said then, in unix seconds. */
  clock?: number;
  /** With "server-key-unknown": the key that the app carries, and the one that the server's token names. */
  keys?: { carried: string; named: string };
  /** With "not-kept": what is wrong with the files of the app. */
  storageCause?: StorageFault;
}

/** The last command that failed, and when, in unix seconds. For support. */
export interface LastFailure {
  command: string;
  code: FailureCode;
  cause?: NetworkCause | SecretError | StorageFault;
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

// A record and not a list, so that the compiler asks for a code that is missing here.
const KNOWN: Record<ErrorCode, true> = {
  "wrong-credentials": true,
  "credentials-missing": true,
  throttled: true,
  "server-unreachable": true,
  "server-unavailable": true,
  "server-answer-invalid": true,
  "server-key-unknown": true,
  "session-unknown": true,
  "server-refused": true,
  "not-signed-in": true,
  "session-held": true,
  "session-over": true,
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
};

function isCommandError(value: unknown): value is CommandError {
  return (
    typeof value === "object" &&
    value !== null &&
    "code" in value &&
    typeof value.code === "string" &&
    Object.hasOwn(KNOWN, value.code)
  );
}

// The window calls these by itself or in passing. Their failures are not what a person asks support about.
const WITHOUT_A_PERSON: ReadonlySet<string> = new Set(["page_alive", "zoom", "close_window", "watch"]);

/** The commands of the app itself; all others are the plugin's. */
const OF_THE_APP: ReadonlySet<string> = new Set(["page_alive", "zoom", "close_window"]);

const addressOf = (name: string) => (OF_THE_APP.has(name) ? name : `plugin:latchkey|${name}`);

async function command<T>(name: string, args?: Record<string, unknown>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await invoke<T>(addressOf(name), args) };
  } catch (rejected) {
    const failure = failureIn(rejected);
    const { code, cause = failure.keyCause ?? failure.storageCause } = failure;
    if (!WITHOUT_A_PERSON.has(name))
      last = { command: name, code, at: seconds(), ...(cause ? { cause } : {}) };
    return failure;
  }
}

/** The text of an unknown rejection is dropped on purpose: it may quote the arguments. */
function failureIn(rejected: unknown): Failure {
  if (!isCommandError(rejected)) return { ok: false, code: "unexpected" };
  return { ok: false, code: rejected.code, ...detailsOf(rejected) };
}

/** What a code brings along, if it is of the kind that it should be. */
function detailsOf(error: CommandError): Partial<Failure> {
  switch (error.code) {
    case "password-too-short":
      return typeof error.minLength === "number" ? { minLength: error.minLength } : {};
    case "throttled":
      return typeof error.retryAfterSeconds === "number"
        ? { retryAfterSeconds: error.retryAfterSeconds }
        : {};
    case "server-unreachable":
      return typeof error.cause === "string" ? { cause: error.cause, clock: seconds() } : {};
    case "server-key-unknown":
      return typeof error.carried === "string"
        ? { keys: { carried: error.carried, named: error.named } }
        : {};
    case "not-kept":
      return typeof error.cause === "string" ? { storageCause: error.cause } : {};
    case "keychain-locked":
    case "keychain-unavailable":
    case "key-file-consent":
    case "key-file-forbidden":
      return typeof error.cause === "string" ? { keyCause: error.cause } : {};
    default:
      return {};
  }
}

/**
 * A command that changes something. Its id is made anew for each call: when a reload aborts the request, Tauri posts the same
 * message again, and the backend recognises it by the id and does nothing twice.
 */
const change = <T>(name: string, args?: Record<string, unknown>) =>
  command<T>(name, { ...args, requestId: crypto.randomUUID() });

export const session = () => command<SessionView>("session");

/** With `allowKeyFile` the person has agreed that the device's key may be kept in a file, after "key-file-consent". */
export const signIn = (username: string, password: string, allowKeyFile = false) =>
  change<SessionView>("sign_in", { username, password, ...(allowKeyFile && { allowKeyFile }) });

export const signOut = () => change<SessionView>("sign_out");

/** Asks the server now whether the session still stands, and renews it. */
export const checkIn = () => change<SessionView>("check_in");

/** A response as it crosses: see `ApiResponse` of the plugin. */
interface Response {
  status: number;
  body: { text: string } | { base64: string };
  cachedAt?: number | null;
}

const textOf = ({ body }: Response) => ("text" in body ? body.text : atob(body.base64));

function mapped<T, U>(outcome: Outcome<T>, change: (value: T) => U): Outcome<U> {
  return outcome.ok ? { ok: true, value: change(outcome.value) } : outcome;
}

export const callApi = async (path: string): Promise<Outcome<ApiReply>> =>
  mapped(await command<Response>("get", { path }), (reply) => ({
    status: reply.status,
    body: textOf(reply),
  }));

/** Reads a path of the server, or the last copy of it while the server is out of reach. */
export const readApi = async (path: string): Promise<Outcome<Reading>> =>
  mapped(await command<Response>("get_cached", { path }), (reply) => ({
    body: textOf(reply),
    copiedAt: reply.cachedAt ?? null,
  }));

/**
 * Sends something to a path of the server, once: what got no answer may have been done, and is not sent again. Not to the
 * server's own routes, and 1 MB at most. The answer is the route's, whatever its status.
 */
export const sendApi = async (
  method: SendMethod,
  path: string,
  body?: SendBody,
): Promise<Outcome<ApiReply>> => {
  const encoded =
    body === undefined
      ? {}
      : "text" in body
        ? { headers: [["content-type", "text/plain;charset=UTF-8"]], body: { text: body.text } }
        : { headers: [["content-type", "application/json"]], body: { text: JSON.stringify(body.json) } };
  return mapped(await change<Response>("send", { method, path, ...encoded }), (reply) => ({
    status: reply.status,
    body: textOf(reply),
  }));
};

/** The account's devices, the one that asks among them. */
export const sessions = () => command<DeviceSession[]>("sessions");

/** Ends one device's session. Answers the list afterwards. */
export const endSession = (sid: string) => change<DeviceSession[]>("end_session", { sid });

/** Ends every session but this one. Answers the list afterwards. */
export const endOtherSessions = () => change<DeviceSession[]>("end_other_sessions");

export const changePassword = (current: string, chosen: string, endOthers: boolean) =>
  change<null>("change_password", { current, new: chosen, endOthers });

/** Closes the window as its close button does. */
export const closeWindow = () => command<null>("close_window");

/** Draws everything one step larger or smaller, or as large as at first. The backend keeps it. */
export const zoom = (step: ZoomStep) => command<null>("zoom", { step });

/** Tells the backend that the page lives: now, and whenever it asks. A page that does not is loaded again. */
export async function sayThatPageLives(): Promise<void> {
  const say = () => command<null>("page_alive");
  await say();
  // A page that cannot hear the question is loaded again, which is the cure.
  await listen("page-check", () => void say()).catch(() => undefined);
}

/** Calls `receive` with the view of this moment and every new one until the window closes. Answers whether the subscription stands. */
export async function onSessionChanged(receive: (view: SessionView) => void): Promise<boolean> {
  const channel = new Channel<SessionView>();
  channel.onmessage = receive;
  return (await command<null>("watch", { channel })).ok;
}
