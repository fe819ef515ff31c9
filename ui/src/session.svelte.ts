// Owns the window's state: the latest view of the session, the action in progress, and the last
// problem. Runs one action at a time; a second click on a busy window does nothing, unless the
// window shows already what the action has led to.
import * as latchkey from "tauri-plugin-latchkey-api";
import type {
  BrowserRequest,
  CodeRedemption,
  SessionView,
  SignInOptions,
  SignInRequest,
  SignedOutReason,
} from "tauri-plugin-latchkey-api";

import { Account } from "./account.svelte";
import { outcomeOf, type Failure, type FailureCode } from "./outcome";
import { sessionScreen, shownScreen, type OpenedScreen } from "./screen";
import { words } from "./words";
import type { Place } from "./words/words";

export type Action =
  | "sign-in"
  | "sign-out"
  | "check-in"
  | "second-factor"
  | "enrol"
  | "redeem-code"
  | "cancel-sign-in"
  | "browser";

export interface Problem {
  code: FailureCode;
  during: Action;
  /** Where the failure has another meaning than during the action elsewhere. */
  place?: Place;
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
  "provider-sign-in-required",
  "superseded",
  "store-newer",
  "keychain-locked",
  "keychain-unavailable",
  "second-factor-required",
  "enrolment-required",
  "factor-required",
  "challenge-expired",
  "nothing-pending",
  "browser-expired",
  "wrong-result",
  "other-account",
]);

/** With these the next screen asks for what is missing. */
const NEXT_STEPS: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "second-factor-required",
  "enrolment-required",
]);

/** With these the next screen gives the reason. */
const REASONS: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "session-unknown",
  "provider-sign-in-required",
  "factor-required",
]);

/** How long the result of a check is shown, in milliseconds. */
export const RESULT_SHOWN_MS = 45_000;

const ENDED_BY_SERVER: ReadonlySet<SignedOutReason> = new Set<SignedOutReason>([
  "revoked",
  "replaced",
  "session-ended",
  "password-reset",
  "ended-by-device",
  "not-me",
  "provider-logout",
]);

/** What is on screen: when it changes during an action, the action has led to it. */
const subject = (view: SessionView) => `${shownScreen(view)} ${view.browser?.url ?? ""}`;

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
  /** The screen that the user has opened over the session's own. */
  opened: OpenedScreen | null = $state(null);
  /** Whether the user signs in again while signed in: the form shows over what they are doing. */
  signingInAgain = $state(false);
  /** Whether the user has agreed that the session of a newer version is set aside. */
  setAsideNewerStore = false;
  /** The ways to sign in, once the server has named them. */
  options: SignInOptions | null = $state.raw(null);
  readonly account = new Account();
  // Whether the sign-in in progress is by a code without a password, also in its second step.
  #byCodeAlone = false;
  #clearTimer: ReturnType<typeof setTimeout> | undefined;
  // Counts the actions, so that a late result of an earlier one is dropped.
  #actions = 0;
  // The last action, and what was on screen when it began.
  #running: Promise<FailureCode | null> | undefined;
  #before = "";

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
    if (shownScreen(view) !== shownScreen(this.view)) {
      this.screenChanged = true;
      this.confirmed = false;
      if (this.problem?.code !== "not-kept") this.problem = null;
    }
    if (sessionScreen(view) !== sessionScreen(this.view)) {
      this.opened = null;
      this.signingInAgain = false;
      this.setAsideNewerStore = false;
      if (this.view.state === "signed-in") this.account.forget();
    }
    // A factor that was set up during a sign-in counts as soon as there is a session.
    if (this.busy === "second-factor" && view.state === "signed-in" && !view.pending) this.account.accept();
    this.#clearContradicted(view);
    this.view = view;
  }

  /** Whether the server accepts passwords. Until it has named the ways, that is likely. */
  get hasPasswords(): boolean {
    return this.options?.ways.includes("password") ?? true;
  }

  /** Opens a screen, and clears the notices of earlier actions. */
  open(screen: OpenedScreen): void {
    this.opened = screen;
    this.screenChanged = true;
    this.account.roleLost = false;
    if (this.view.state === "signed-in") this.#clearResult();
    else this.dismiss();
  }

  /** Closes the opened screen. */
  close(): void {
    this.opened = null;
    if (this.view.state !== "signed-in") this.dismiss();
  }

  /** Shows the sign-in form over what the user is doing. */
  signInAgain(shown: boolean): void {
    this.signingInAgain = shown;
    this.dismiss();
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
    if (code === "passwords-disabled") await this.loadOptions();
    if (!STATE_MAY_DIFFER.has(code)) return;
    const fresh = await outcomeOf(latchkey.session());
    if (fresh.ok) this.receive(fresh.value);
  }

  /** Returns the code of the failure; null if it worked, or if another action is in progress. */
  signIn(request: SignInRequest): Promise<FailureCode | null> {
    this.#byCodeAlone = false;
    return this.#start("sign-in", () =>
      latchkey.signIn({ ...request, setAsideNewerStore: this.setAsideNewerStore }),
    );
  }

  /** Signs in with a one-time code, and sets a password if there is one. */
  async redeemCode(request: CodeRedemption): Promise<FailureCode | null> {
    const isAlone = request.newPassword === undefined;
    this.#byCodeAlone = isAlone;
    const code = await this.#start("redeem-code", () =>
      latchkey.redeemCode({ ...request, setAsideNewerStore: this.setAsideNewerStore }),
    );
    if (isAlone && this.problem) this.problem = { ...this.problem, place: "code-alone" };
    return code;
  }

  /** Sends the code of the second step. It also finishes setting up a factor during a sign-in. */
  secondFactor(code: string): Promise<FailureCode | null> {
    return this.#start("second-factor", () => latchkey.secondFactor({ code }));
  }

  /** Asks for the ways to sign in. Without an answer, the last ones stay. */
  async loadOptions(): Promise<void> {
    const outcome = await outcomeOf(latchkey.signInOptions());
    if (outcome.ok) this.options = outcome.value;
  }

  /** Begins a sign-in in the browser. */
  startBrowser(request: BrowserRequest): Promise<FailureCode | null> {
    this.#byCodeAlone = false;
    const { setAsideNewerStore } = this;
    return this.#run("browser", async () => {
      await latchkey.startBrowser({ ...request, setAsideNewerStore, language: words.locale.slice(0, 2) });
      return latchkey.session();
    });
  }

  /** Uses what the user has typed in place of the browser's link. */
  submitBrowserResult(text: string): Promise<FailureCode | null> {
    return this.#start("browser", () => latchkey.submitBrowserResult(text));
  }

  openBrowser(): Promise<FailureCode | null> {
    return this.#run("browser", latchkey.openBrowser);
  }

  cancelBrowser(): Promise<FailureCode | null> {
    return this.#run("browser", latchkey.cancelBrowser);
  }

  /** Answers whether the account from the browser takes the place of the present one. */
  answerOtherAccount(replace: boolean): Promise<FailureCode | null> {
    return this.#start("browser", () => latchkey.answerOtherAccount({ replace }));
  }

  /** Gives up a sign-in between its two steps. */
  cancelSignIn(): Promise<FailureCode | null> {
    this.#byCodeAlone = false;
    return this.#run("cancel-sign-in", latchkey.cancelSignIn);
  }

  signOut(): Promise<FailureCode | null> {
    return this.#run("sign-out", latchkey.signOut);
  }

  checkIn(): Promise<FailureCode | null> {
    return this.#run("check-in", latchkey.checkIn);
  }

  /** Runs an action that ends with a session, which closes what led to it. */
  async #start(action: Action, call: () => Promise<SessionView>): Promise<FailureCode | null> {
    const code = await this.#run(action, call);
    if (code === null && this.view.state === "signed-in" && !this.view.pending) {
      this.signingInAgain = false;
      if (this.opened === "sign-in") this.opened = null;
      if (this.#byCodeAlone) this.#addWay();
    }
    return code;
  }

  /** Leads to the ways to sign in: the code works only once. */
  #addWay(): void {
    this.#byCodeAlone = false;
    this.account.wayMissing = true;
    this.open("passkeys");
  }

  /** Whether clicks do nothing: an action is in progress, and what it leads to is not shown yet. */
  get occupied(): boolean {
    return this.busy !== null && subject(this.view) === this.#before;
  }

  async #run(action: Action, call: () => Promise<SessionView>): Promise<FailureCode | null> {
    if (!this.#mayStart(action)) {
      if (this.occupied) return null;
      await this.#running;
      if (!this.#mayStart(action)) return null;
    }
    this.#before = subject(this.view);
    this.#running = this.#perform(action, call);
    return this.#running;
  }

  async #perform(action: Action, call: () => Promise<SessionView>): Promise<FailureCode | null> {
    const started = ++this.#actions;
    this.busy = action;
    this.problem = null;
    this.confirmed = false;
    const before = shownScreen(this.view);
    const outcome = await outcomeOf(call());
    if (started !== this.#actions) return null;
    if (outcome.ok) {
      this.receive(outcome.value);
      this.#recordCheck(action, outcome.value);
    } else {
      await this.refreshAfter(outcome.code);
      if (started !== this.#actions) return null;
      // An ended or unknown session is not reported as a failure: the next screen gives the reason.
      const isNew = shownScreen(this.view) !== before;
      const isSaid =
        (NEXT_STEPS.has(outcome.code) && this.view.pending !== undefined) ||
        (outcome.code === "other-account" && this.view.otherAccount !== undefined) ||
        // The session may also have ended while this was on its way.
        ((outcome.code === "session-over" || outcome.code === "not-signed-in") && endedByServer(this.view)) ||
        (REASONS.has(outcome.code) && isNew);
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
    if (view.connection === "online") {
      this.confirmed = true;
      // The account may have changed: its role, or what it needs.
      void this.account.load();
    }
    if (view.connection === "offline") this.problem = { code: "server-unreachable", during: action };
  }

  // The result of a check is shown for a limited time: "just now" soon becomes false.
  #scheduleClear(action: Action): void {
    clearTimeout(this.#clearTimer);
    if (action !== "check-in" || this.view.state !== "signed-in") return;
    if (this.opened) this.#clearResult();
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
