// Owns the window's state: the latest view of the session, the action in progress, and the last
// problem. Runs one action at a time; a second click on a busy window does nothing.
import * as latchkey from "tauri-plugin-latchkey-api";
import type { SessionView, SignInRequest, SignedOutReason } from "tauri-plugin-latchkey-api";

import { outcomeOf, type Failure, type FailureCode } from "./outcome";

export type Action = "sign-in" | "sign-out" | "check-in";

export interface Problem {
  code: FailureCode;
  during: Action;
  /** The fields that belong to the code. */
  failure?: Failure;
}

// After these failures the backend's state may differ from the one on screen, so it is loaded
// again.
const STATE_MAY_DIFFER: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "not-kept",
  "not-signed-in",
  "session-held",
  "session-over",
  "session-unknown",
  "superseded",
  "store-newer",
  "keychain-locked",
  "keychain-unavailable",
]);

/** How long the result of a check is shown, in milliseconds. */
export const RESULT_SHOWN_MS = 45_000;

const screenOf = (view: SessionView) => (view.state === "held" ? `held ${view.reason}` : view.state);

const ENDED_BY_SERVER: ReadonlySet<SignedOutReason> = new Set<SignedOutReason>([
  "revoked",
  "replaced",
  "password-reset",
  "ended-by-device",
  "not-me",
  "session-ended",
]);

const endedByServer = (view: SessionView) => view.state === "signed-out" && ENDED_BY_SERVER.has(view.reason);

export class Session {
  view: SessionView = $state.raw() as SessionView;
  busy: Action | null = $state(null);
  problem: Problem | null = $state.raw(null);
  /** True for a short time after a successful check, until something contradicts it. */
  confirmed = $state(false);
  /**
   * True once the window has changed from one screen to another. From then on a new screen takes
   * the focus.
   */
  screenChanged = false;
  /** The username of the session that the server ended; empty after a sign-out and at the start. */
  lastUsername = "";
  // Whether a sub-screen is open, which has its own notices.
  #subScreenOpen = false;
  #clearTimer: ReturnType<typeof setTimeout> | undefined;
  // Counts the actions, so that a late result of an earlier one is dropped.
  #actions = 0;

  constructor(view: SessionView) {
    this.view = view;
  }

  /**
   * Shows a view from the backend. A new screen clears the problem, unless it says that nothing was
   * stored.
   */
  receive(view: SessionView): void {
    if (this.view.state === "signed-in")
      this.lastUsername = endedByServer(view) ? this.view.account.username : "";
    if (screenOf(view) !== screenOf(this.view)) {
      this.screenChanged = true;
      this.confirmed = false;
      if (this.problem?.code !== "not-kept") this.problem = null;
    }
    this.#clearContradicted(view);
    this.view = view;
  }

  /** Clears the notices of earlier actions: a sub-screen has its own. */
  openSubScreen(): void {
    this.#subScreenOpen = true;
    this.#clearResult();
  }

  closeSubScreen(): void {
    this.#subScreenOpen = false;
  }

  /** Sets a problem that the window detects without the backend. */
  reject(code: FailureCode, during: Action): void {
    this.confirmed = false;
    this.problem = { code, during };
  }

  /** Clears the problem, because the user continues with something else. */
  dismiss(): void {
    if (this.busy === null) this.problem = null;
  }

  /** Loads the view again after a failure that suggests that this one is out of date. */
  async refreshAfter(code: FailureCode): Promise<void> {
    if (!STATE_MAY_DIFFER.has(code)) return;
    const fresh = await outcomeOf(latchkey.session());
    if (fresh.ok) this.receive(fresh.value);
  }

  /** Returns the code of the failure; null if it worked, or if another action is in progress. */
  signIn(request: SignInRequest): Promise<FailureCode | null> {
    return this.#run("sign-in", () => latchkey.signIn(request));
  }

  signOut(): Promise<FailureCode | null> {
    return this.#run("sign-out", latchkey.signOut);
  }

  checkIn(): Promise<FailureCode | null> {
    return this.#run("check-in", latchkey.checkIn);
  }

  async #run(action: Action, call: () => Promise<SessionView>): Promise<FailureCode | null> {
    if (!this.#mayStart(action)) return null;
    const started = ++this.#actions;
    this.busy = action;
    this.problem = null;
    this.confirmed = false;
    const before = screenOf(this.view);
    const outcome = await outcomeOf(call());
    if (started !== this.#actions) return null;
    if (outcome.ok) {
      this.receive(outcome.value);
      this.#recordCheck(action, outcome.value);
    } else {
      await this.refreshAfter(outcome.code);
      if (started !== this.#actions) return null;
      // An ended or unknown session is not reported as a failure: the next screen gives the reason.
      const isNew = screenOf(this.view) !== before;
      const isSaid =
        (outcome.code === "session-over" && endedByServer(this.view)) ||
        (outcome.code === "session-unknown" && isNew);
      this.problem = isSaid ? null : { code: outcome.code, during: action, failure: outcome };
    }
    this.#scheduleClear(action);
    this.busy = null;
    return outcome.ok ? null : outcome.code;
  }

  // Signing out needs no server, so it does not wait for a check that may hang.
  #mayStart(action: Action): boolean {
    return this.busy === null || (action === "sign-out" && this.busy === "check-in");
  }

  #recordCheck(action: Action, view: SessionView): void {
    if (action !== "check-in" || view.state !== "signed-in") return;
    if (view.connection === "online") this.confirmed = true;
    if (view.connection === "offline") this.problem = { code: "server-unreachable", during: action };
  }

  // The result of a check is shown for a limited time: "just now" soon becomes false.
  #scheduleClear(action: Action): void {
    clearTimeout(this.#clearTimer);
    if (action !== "check-in" || this.view.state !== "signed-in") return;
    if (this.#subScreenOpen) this.#clearResult();
    else this.#clearTimer = setTimeout(this.#clearResult, RESULT_SHOWN_MS);
  }

  #clearResult = (): void => {
    clearTimeout(this.#clearTimer);
    this.confirmed = false;
    if (this.problem?.during === "check-in" && this.view.state === "signed-in") this.problem = null;
  };

  // A new view can contradict the result of a check.
  #clearContradicted(next: SessionView): void {
    if (next.state !== "signed-in") return;
    if (next.connection !== "online") this.confirmed = false;
    else if (this.view.state === "signed-in" && this.view.connection !== "online") this.#clearResult();
  }
}
