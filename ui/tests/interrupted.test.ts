// A restart of the app in the middle of a sign-in in the browser.
import { afterEach, expect, it } from "vitest";

import { words } from "../src/words";
import { NOW, byMail, inBrowser, signedIn, signedOut } from "./views";
import { alertRegion, openWindow, sessionChanged, settled } from "./window";

const SAID = words.failuresIn.browser?.["nothing-pending"] ?? "";
const during = { ...signedOut(), browser: inBrowser({ expiresAt: NOW + 300 }) };
const KEY = "browser-until";

async function open(view: Parameters<typeof openWindow>[0]) {
  await openWindow(view, { sign_in_options: () => byMail });
  await settled();
}

afterEach(() => {
  localStorage.clear();
});

it("leaves its end in the page's storage while it lasts, and nothing else", async () => {
  await open(signedOut());
  expect(localStorage).toHaveLength(0);
  await sessionChanged(during);
  expect({ ...localStorage }).toEqual({ [KEY]: String(NOW + 300) });
  await sessionChanged({ ...signedOut(), browser: inBrowser({ state: "refused" }) });
  expect(localStorage).toHaveLength(0);
  await sessionChanged(during);
  await sessionChanged(signedIn());
  expect(localStorage).toHaveLength(0);
});

it("is said in the next window, once", async () => {
  localStorage.setItem(KEY, String(NOW + 300));
  await open(signedOut());
  expect(alertRegion()).toHaveTextContent(SAID);
  expect(localStorage).toHaveLength(0);
});

it.each([
  ["would be over", signedOut(), NOW - 1],
  ["has ended in a session", signedIn(), NOW + 300],
  ["goes on after a reload of the page", during, NOW + 300],
])("is not said of one that %s", async (_, view, until) => {
  localStorage.setItem(KEY, String(until));
  await open(view);
  expect(alertRegion()).toBeEmptyDOMElement();
});

it("is not said where the page's storage has something else", async () => {
  localStorage.setItem(KEY, "soon");
  await open(signedOut());
  expect(alertRegion()).toBeEmptyDOMElement();
});
