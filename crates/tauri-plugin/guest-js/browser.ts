// Signing in with the system's browser: with a passkey, or with an account of a provider.
// Permissions: `latchkey:default`; to confirm, `latchkey:account`.
import type { BrowserView } from "./bindings/BrowserView.js";
import type { BrowserWay } from "./bindings/BrowserWay.js";
import type { SessionView } from "./bindings/SessionView.js";
import { change, command } from "./command.js";
import { errorOf, LatchkeyError } from "./error.js";
import { session } from "./session.js";
import { watch } from "./watch.js";

/** What {@link startBrowser} and {@link signInWithBrowser} take. */
export interface BrowserRequest {
  /**
   * How the user signs in. Without it, the server's page asks.
   *
   * @defaultValue `undefined`
   */
  way?: BrowserWay;
  /** With the way `provider`: its id, as {@link SignInOptions.browser} lists it. */
  provider?: string;
  /**
   * Whether the browser is on another device: then the plugin opens none, and the user types the
   * characters that its last page shows. See `browserQr` and `submitBrowserResult`.
   *
   * @defaultValue `false`
   */
  otherDevice?: boolean;
  /** The language of the server's page, as a BCP 47 tag: `en` or `de`. */
  language?: string;
  /**
   * As in `signIn`.
   *
   * @defaultValue `false`
   */
  allowKeyFile?: boolean;
  /**
   * As in `signIn`.
   *
   * @defaultValue `false`
   */
  setAsideNewerStore?: boolean;
}

/**
 * Begins a sign-in in the system's browser, in place of an earlier one, and opens it. How it stands
 * is part of {@link SessionView.browser}; the session starts by itself.
 */
export function startBrowser(request: BrowserRequest = {}): Promise<BrowserView> {
  const { allowKeyFile = false, setAsideNewerStore = false } = request;
  return change("start_browser", {
    ...asked(request),
    ...(allowKeyFile && { allowKeyFile }),
    ...(setAsideNewerStore && { setAsideNewerStore }),
  });
}

/**
 * Signs in with the system's browser, and returns the new session: all that a button of an app
 * needs. Until then {@link SessionView.browser} shows how it stands, also why the browser did not
 * open.
 *
 * Rejects with `browser-refused`, `browser-expired` and the like; with `second-factor-required`,
 * `enrolment-required` and `other-account` if the sign-in waits for the user, as
 * {@link SessionView.pending} and {@link SessionView.otherAccount} show; with `superseded` if it
 * was given up or replaced.
 */
export async function signInWithBrowser(request: BrowserRequest = {}): Promise<SessionView> {
  const before = await session();
  const { url } = await startBrowser(request);
  const view = await ended(url, "start_browser");
  if (view.pending)
    throw waiting(
      view.pending.kind === "second-factor" ? "second-factor-required" : "enrolment-required",
      "The sign-in is pending.",
    );
  if (view.otherAccount) throw waiting("other-account", "Another account is signed in.");
  if (view.state !== "signed-in" || isSame(before, view))
    throw waiting("superseded", "The sign-in was given up.");
  return view;
}

/**
 * Confirms the session in the browser: like `confirm`, for an account that has neither a password
 * nor a second factor. Resolves when it is confirmed.
 */
export async function confirmWithBrowser(request: BrowserRequest = {}): Promise<void> {
  const { url } = await change<BrowserView>("confirm_with_browser", asked(request));
  const view = await ended(url, "confirm_with_browser");
  if (view.browser?.state !== "done")
    throw new LatchkeyError("confirm_with_browser", "superseded", "It was given up.");
  await cancelBrowser();
}

/**
 * Uses the characters that the last page in the browser shows, or the address of the page that the
 * browser could not show.
 */
export function submitBrowserResult(text: string): Promise<SessionView> {
  return change("submit_browser_result", { text });
}

/** Opens the page once more. */
export function openBrowser(): Promise<SessionView> {
  return command("open_browser");
}

/** Returns the address of the page as a QR code for another device: an SVG document. */
export function browserQr(): Promise<string> {
  return command("browser_qr");
}

/** Gives up what was begun in the browser, or closes what it has left in the view. */
export function cancelBrowser(): Promise<SessionView> {
  return command("cancel_browser");
}

/**
 * Answers {@link SessionView.otherAccount}: whether the sign-in of that account replaces the
 * present session. If not, it is given up.
 */
export function answerOtherAccount({ replace }: { replace: boolean }): Promise<SessionView> {
  return change("answer_other_account", { replace });
}

function asked({ way, provider, otherDevice = false, language }: BrowserRequest): Record<string, unknown> {
  return {
    ...(way !== undefined && { way }),
    ...(provider !== undefined && { provider }),
    ...(otherDevice && { otherDevice }),
    ...(language !== undefined && { language }),
  };
}

/**
 * Waits until the request with the page `url` is done, or shows no more.
 *
 * @internal
 */
export async function ended(url: string, name: string): Promise<SessionView> {
  let stop: () => void = () => undefined;
  const view = new Promise<SessionView>((resolve, reject) => {
    // The first view may be older than the request, so each one only says that there is a newer.
    const look = async () => {
      const view = await session();
      const { browser } = view;
      if (browser?.url !== url || browser.state === "done") resolve(view);
      else if (browser.state === "refused" || browser.state === "over") reject(errorOf(name, browser.error));
    };
    const onChange = () => void look().catch(reject);
    watch(onChange).then((end) => {
      stop = end;
      onChange();
    }, reject);
  });
  try {
    return await view;
  } finally {
    stop();
  }
}

const isSame = (before: SessionView, view: SessionView) =>
  before.state === "signed-in" &&
  view.state === "signed-in" &&
  before.account.signedInAt === view.account.signedInAt;

const waiting = (code: LatchkeyError["code"], message: string) =>
  new LatchkeyError("start_browser", code, message);
