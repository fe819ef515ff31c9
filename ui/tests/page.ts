// What a test leaves in its page: subscriptions of the session, listeners of the window, and the
// language. Each test is a page of its own, which ends with it.
import { vi } from "vitest";

import { speak } from "../src/words";

/** Each ends a subscription. */
export const unwatches: (() => void)[] = [];

const listeners: Parameters<typeof window.addEventListener>[] = [];

/** Remembers each listener that the window gets from now on. */
export function beginPage(): void {
  const add = window.addEventListener.bind(window);
  vi.spyOn(window, "addEventListener").mockImplementation(
    (...listener: Parameters<typeof window.addEventListener>) => {
      listeners.push(listener);
      add(...listener);
    },
  );
}

/** Ends what the test has begun. */
export async function endPage(): Promise<void> {
  for (const unwatch of unwatches.splice(0)) unwatch();
  for (const [name, listener, options] of listeners.splice(0)) {
    window.removeEventListener(name, listener, options);
  }
  await speak(["en"]);
}
