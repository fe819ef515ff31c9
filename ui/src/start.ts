// Owns the first moments: asks for the session before anything is drawn, then draws the right screen at once.
import { mount, unmount } from "svelte";

import App from "./App.svelte";
import type { SessionView } from "./bindings/SessionView";
import { Clock } from "./clock.svelte";
import { behaveAsOnADesktop } from "./desktop";
import type { Feature } from "./feature";
import * as ipc from "./ipc";
import { systemLanguages } from "./locale";
import { contactWhenOnline } from "./network";
import StartFailed from "./screens/StartFailed.svelte";
import Starting from "./screens/Starting.svelte";
import { Session } from "./session.svelte";
import { WAIT_SHOWN_AFTER_MS } from "./wait.svelte";
import { speak, words } from "./words";

/** Draws the window into `target`. `read` tells the time in unix milliseconds; `feature` is the app's own screen. */
export async function start(target: Element, read: () => number, feature?: Feature): Promise<void> {
  behaveAsOnADesktop();
  void ipc.sayThatPageLives();
  return draw(target, read, feature);
}

async function draw(target: Element, read: () => number, feature?: Feature): Promise<void> {
  ipc.dateFailuresBy(read);
  speak(systemLanguages());
  document.documentElement.lang = words.locale;
  // Subscribed before the question is asked, so that no change falls between the two.
  let early: SessionView | undefined;
  let receive = (view: SessionView) => {
    early = view;
  };
  const subscribed = ipc.onSessionChanged((view) => {
    receive(view);
  });
  const [first, listening] = await untilShown(target, Promise.all([ipc.session(), subscribed]));
  if (!first.ok || !listening) {
    const code = first.ok ? "unexpected" : first.code;
    const failed = mount(StartFailed, { target, props: { code, retry } });
    function retry() {
      void unmount(failed);
      void draw(target, read, feature);
    }
    return;
  }
  const session = new Session(early ?? first.value);
  receive = (view) => {
    session.receive(view);
  };
  contactWhenOnline(() => session.view);
  mount(App, { target, props: { session, clock: new Clock(read), feature } });
}

// A keychain can take two seconds to answer: by then the window shows that it is alive.
async function untilShown<T>(target: Element, answer: Promise<T>): Promise<T> {
  let starting: ReturnType<typeof mount> | undefined;
  const timer = setTimeout(() => (starting = mount(Starting, { target })), WAIT_SHOWN_AFTER_MS);
  const value = await answer;
  clearTimeout(timer);
  if (starting) await unmount(starting);
  return value;
}
