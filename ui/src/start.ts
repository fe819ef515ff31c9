// Starts the window: draws the session that came with the page, or loads it before anything is
// drawn, and follows its changes.
import { mount, unmount } from "svelte";
import { session, watch, type SessionView } from "tauri-plugin-latchkey-api";

import App from "./App.svelte";
import { Clock } from "./clock.svelte";
import { installDesktopKeys } from "./desktop";
import { takeFirstView } from "./first-view";
import { afterFirstFrame, awaitFirstFrame } from "./frame";
import { rememberBrowser, wasInterrupted } from "./interrupted";
import { reportAlive } from "./ipc";
import { loadLaterScreens } from "./later.svelte";
import { systemLanguages } from "./locale";
import { contactWhenOnline } from "./network";
import { dateFailuresBy, outcomeOf } from "./outcome";
import StartFailed from "./screens/StartFailed.svelte";
import Starting from "./screens/Starting.svelte";
import { Session } from "./session.svelte";
import { WAIT_SHOWN_AFTER_MS } from "./wait.svelte";
import { speak, words } from "./words";

/** Draws the window into `target`. `read` returns the Unix time in milliseconds. */
export async function start(target: Element, read: () => number): Promise<void> {
  performance.mark("latchkey-script");
  installDesktopKeys();
  dateFailuresBy(read);
  // A wait, even for nothing, would let the web view draw the empty page first.
  const loading = speak(systemLanguages());
  if (loading) await loading;
  document.documentElement.lang = words.locale;
  const first = takeFirstView();
  let drawn: Drawn | undefined;
  if (first && (first.state === "signed-in" || (await outcomeOf(loadLaterScreens())).ok)) {
    awaitFirstFrame();
    drawn = show(target, read, first);
  }
  // Before the first frame: from now on it is the user who moves the window.
  void reportAlive();
  if (drawn) await afterFirstFrame();
  return follow(target, read, drawn);
}

interface Drawn {
  session: Session;
  app: ReturnType<typeof mount>;
}

function show(target: Element, read: () => number, view: SessionView): Drawn {
  const session = new Session(view);
  contactWhenOnline(() => session.view);
  const app = mount(App, { target, props: { session, clock: new Clock(read) } });
  performance.mark("latchkey-drawn");
  return { session, app };
}

/** Shows every change from now on; first the session itself, unless it is drawn already. */
async function follow(target: Element, read: () => number, drawn?: Drawn): Promise<void> {
  // Watch before the session is loaded, so that no change is missed between the two.
  let early: SessionView | undefined;
  const watched = outcomeOf(
    watch((view) => {
      if (!drawn) {
        early = view;
        return;
      }
      drawn.session.receive(view);
      rememberBrowser(view);
    }),
  );
  const loading = drawn ? undefined : outcomeOf(session());
  const all = Promise.all([loading, watched, outcomeOf(loadLaterScreens())]);
  const [loaded, watching, screens] = await (drawn ? all : untilShown(target, all));
  if (watching.ok && screens.ok && loaded?.ok !== false) {
    if (loaded) drawn ??= show(target, read, early ?? loaded.value);
    const shown = drawn?.session;
    // After the window is drawn: storage takes its time.
    setTimeout(() => {
      if (shown && wasInterrupted(shown.view, read() / 1000)) shown.reject("nothing-pending", "browser");
    });
    return;
  }
  if (watching.ok) watching.value();
  if (drawn) await unmount(drawn.app);
  const code = loaded?.ok === false ? loaded.code : "unexpected";
  const failed = mount(StartFailed, { target, props: { code, retry } });
  function retry() {
    void unmount(failed);
    void follow(target, read);
  }
}

// A keychain can take two seconds to respond. Until then the window shows that it is starting.
async function untilShown<T>(target: Element, answer: Promise<T>): Promise<T> {
  let starting: ReturnType<typeof mount> | undefined;
  const timer = setTimeout(() => (starting = mount(Starting, { target })), WAIT_SHOWN_AFTER_MS);
  const value = await answer;
  clearTimeout(timer);
  if (starting) await unmount(starting);
  return value;
}
