// Owns what the window knows: the newest view of the session, the action under way, and what went wrong last.
// Runs one action at a time; a second click on a busy window does nothing.
import * as latchkey from "tauri-plugin-latchkey-api";
import type { SessionView, SignInRequest, SignedOutReason } from "tauri-plugin-latchkey-api";

import { outcomeOf, type Failure, type FailureCode } from "./outcome";

export type Action = "sign-in" | "sign-out" | "check-in";

export interface Problem {
  code: FailureCode;
  during: Action;
  /** What is known beyond the code. */
  failure?: Failure;
}

// After these the backend's state may differ from the one on screen, so it is asked again.
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

/** How long the finding of a check is told, in milliseconds. */
export const NEWS_MS = 45_000;

const screenOf = (view: SessionView) => (view.state === "held" ? `held ${view.reason}` : view.state);

const ENDED_BY_SERVER: ReadonlySet<SignedOutReason> = new Set<SignedOutReason>([
  "revoked",
  "replaced",
  "session-ended",
]);

const endedByServer = (view: SessionView) => view.state === "signed-out" && ENDED_BY_SERVER.has(view.reason);

export class Session {
  view: SessionView = $state.raw() as SessionView;
  busy: Action | null = $state(null);
  problem: Problem | null = $state.raw(null);
  /** True for a short while after a check that the server answered, while nothing says otherwise. */
  confirmed = $state(false);
  /** True once the window has gone from one screen to another: from then on a new screen takes the focus. */
  moved = false;
  /** Who was signed in until the server ended it; empty after a sign-out and on a fresh start. */
  lastUsername = "";
  // Whether a screen with notices of its own covers those of this session's actions.
  #aside = false;
  #fading: ReturnType<typeof setTimeout> | undefined;
  // Counts the actions, so that the answer to one that was overtaken is recognised.
  #turn = 0;

  constructor(view: SessionView) {
    this.view = view;
  }

  /** Takes a view from the backend. A new state makes an old problem pointless, except that nothing was kept. */
  receive(view: SessionView): void {
    if (this.view.state === "signed-in")
      this.lastUsername = endedByServer(view) ? this.view.account.username : "";
    if (screenOf(view) !== screenOf(this.view)) {
      this.moved = true;
      this.confirmed = false;
      if (this.problem?.code !== "not-kept") this.problem = null;
    }
    this.#dropUntrue(view);
    this.view = view;
  }

  /** Goes to a screen with notices of its own: what was told of earlier actions stays behind. */
  goAside(): void {
    this.#aside = true;
    this.#dropPassing();
  }

  comeBack(): void {
    this.#aside = false;
  }

  /** Sets the problem without asking the backend, for what the window can see by itself. */
  refuse(code: FailureCode, during: Action): void {
    this.confirmed = false;
    this.problem = { code, during };
  }

  /** Forgets what went wrong: the person goes on to something else. */
  dismiss(): void {
    if (this.busy === null) this.problem = null;
  }

  /** Asks the backend for its view: after a failure elsewhere that says this one is out of date. */
  async refreshAfter(code: FailureCode): Promise<void> {
    if (!STATE_MAY_DIFFER.has(code)) return;
    const fresh = await outcomeOf(latchkey.session());
    if (fresh.ok) this.receive(fresh.value);
  }

  /** Answers the code of the failure, or null when it worked or another action is under way. */
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
    const turn = ++this.#turn;
    this.busy = action;
    this.problem = null;
    this.confirmed = false;
    const before = screenOf(this.view);
    const outcome = await outcomeOf(call());
    if (turn !== this.#turn) return null;
    if (outcome.ok) {
      this.receive(outcome.value);
      this.#noteCheck(action, outcome.value);
    } else {
      await this.refreshAfter(outcome.code);
      if (turn !== this.#turn) return null;
      // An ended or unknown session is no failure to report: the screen that follows says why.
      const isNew = screenOf(this.view) !== before;
      const told =
        (outcome.code === "session-over" && endedByServer(this.view)) ||
        (outcome.code === "session-unknown" && isNew);
      this.problem = told ? null : { code: outcome.code, during: action, failure: outcome };
    }
    this.#letFade(action);
    this.busy = null;
    return outcome.ok ? null : outcome.code;
  }

  // Signing out works without the server, so it does not wait for a check that may hang on the network.
  #mayStart(action: Action): boolean {
    return this.busy === null || (action === "sign-out" && this.busy === "check-in");
  }

  #noteCheck(action: Action, view: SessionView): void {
    if (action !== "check-in" || view.state !== "signed-in") return;
    if (view.connection === "online") this.confirmed = true;
    if (view.connection === "offline") this.problem = { code: "server-unreachable", during: action };
  }

  // What a check found is news, and news gets old: "just now" is true for a while only.
  #letFade(action: Action): void {
    clearTimeout(this.#fading);
    if (action !== "check-in" || this.view.state !== "signed-in") return;
    if (this.#aside) this.#dropPassing();
    else this.#fading = setTimeout(this.#dropPassing, NEWS_MS);
  }

  #dropPassing = (): void => {
    clearTimeout(this.#fading);
    this.confirmed = false;
    if (this.problem?.during === "check-in" && this.view.state === "signed-in") this.problem = null;
  };

  // A new view can say the opposite of what a check has found.
  #dropUntrue(next: SessionView): void {
    if (next.state !== "signed-in") return;
    if (next.connection !== "online") this.confirmed = false;
    else if (this.view.state === "signed-in" && this.view.connection !== "online") this.#dropPassing();
  }
}
