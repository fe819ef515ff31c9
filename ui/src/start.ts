// Starts the window: loads the session before anything is drawn, then draws the right screen.
import { mount, unmount } from "svelte";
import { session, watch, type SessionView } from "tauri-plugin-latchkey-api";

import App from "./App.svelte";
import { Clock } from "./clock.svelte";
import { installDesktopKeys } from "./desktop";
import { rememberBrowser, wasInterrupted } from "./interrupted";
import { reportAlive } from "./ipc";
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
  installDesktopKeys();
  void reportAlive();
  return draw(target, read);
}

async function draw(target: Element, read: () => number): Promise<void> {
  dateFailuresBy(read);
  speak(systemLanguages());
  document.documentElement.lang = words.locale;
  // Watch before the session is loaded, so that no change is missed between the two.
  let early: SessionView | undefined;
  let receive = (view: SessionView) => {
    early = view;
  };
  const watched = watch((view) => {
    receive(view);
  });
  const both = Promise.all([outcomeOf(session()), outcomeOf(watched)]);
  const [first, watching] = await untilShown(target, both);
  if (!first.ok || !watching.ok) {
    const code = first.ok ? "unexpected" : first.code;
    if (watching.ok) watching.value();
    const failed = mount(StartFailed, { target, props: { code, retry } });
    function retry() {
      void unmount(failed);
      void draw(target, read);
    }
    return;
  }
  const shown = new Session(early ?? first.value);
  receive = (view) => {
    shown.receive(view);
    rememberBrowser(view);
  };
  contactWhenOnline(() => shown.view);
  mount(App, { target, props: { session: shown, clock: new Clock(read) } });
  // After the window is drawn: storage takes its time.
  setTimeout(() => {
    if (wasInterrupted(shown.view, read() / 1000)) shown.reject("nothing-pending", "browser");
  });
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
