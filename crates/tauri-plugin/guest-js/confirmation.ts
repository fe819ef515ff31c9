// Proving once more who the user is (RFC 9470). Permission: `latchkey:account`.
import type { Need } from "./bindings/Need.js";
import { confirmWithBrowser, type BrowserRequest } from "./browser.js";
import { change } from "./command.js";
import { LatchkeyError } from "./error.js";

/** What the user proves. */
export interface Confirmation {
  /** The password. */
  password?: string;
  /** A code of the second factor. */
  code?: string;
  /** Where `browser` is needed, or a passkey does too: what to begin in the system's browser. */
  browser?: BrowserRequest;
}

/**
 * Asks the user for what `needs` names. Returns `undefined` if the user gives up. `error`: why the
 * last answer was refused, if this is not the first question. `orPasskey`: whether a passkey in the
 * browser does in place of what is needed.
 */
export type AskForConfirmation = (
  needs: readonly Need[],
  error: LatchkeyError | undefined,
  orPasskey: boolean,
) => Promise<Confirmation | undefined>;

/**
 * Confirms the session. The calls of the next minutes carry the proof; the session itself stays as
 * it is.
 */
export async function confirm({ password, code, browser }: Confirmation): Promise<void> {
  if (browser !== undefined) {
    await confirmWithBrowser(browser);
    return;
  }
  await change("confirm", {
    ...(password !== undefined && { password }),
    ...(code !== undefined && { code }),
  });
}

/**
 * Makes a call. If the server wants the user to confirm first, asks, confirms, and makes the call
 * once more. Works for every function of this package, and with `get` and `send` for the app's own
 * routes.
 *
 * @param call - what to do; it runs at most twice, and the first run has changed nothing
 * @param ask - asks the user; it is called again after a wrong password or a wrong code
 * @returns the result of the call. Rejects with `confirmation-required` if the user gives up.
 */
export async function withConfirmation<T>(call: () => Promise<T>, ask: AskForConfirmation): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isConfirmationRequired(error)) throw error;
    if (!(await confirmed(error, ask))) throw error;
  }
  return call();
}

async function confirmed(required: LatchkeyError, ask: AskForConfirmation): Promise<boolean> {
  let refused: LatchkeyError | undefined;
  let { needs = ["password"], orPasskey } = required;
  for (;;) {
    const answer = await ask(needs, refused, orPasskey);
    if (answer === undefined) return false;
    try {
      await confirm(answer);
      return true;
    } catch (error) {
      if (!mayAskAgain(error)) throw error;
      refused = error;
      if (error.needs) ({ needs, orPasskey } = { needs: error.needs, orPasskey: error.orPasskey });
    }
  }
}

const ASK_AGAIN: ReadonlySet<string> = new Set([
  "wrong-credentials",
  "wrong-code",
  "code-used",
  "credentials-missing",
  "confirmation-required",
  "throttled",
  "server-unreachable",
  "server-unavailable",
  "browser-refused",
  "browser-expired",
  "superseded",
]);

const mayAskAgain = (error: unknown): error is LatchkeyError =>
  error instanceof LatchkeyError && ASK_AGAIN.has(error.code);

const isConfirmationRequired = (error: unknown): error is LatchkeyError =>
  error instanceof LatchkeyError && error.code === "confirmation-required";
