// Opens the screens about other people's accounts, on a server with the given routes.
import { expect } from "vitest";

import { peopleServer, type Routes } from "./people-server";
import { signedIn, withFactor } from "./views";
import { button, has, openWindow, root, settled, type Answers } from "./window";

export const withRole = (role: string | null) => ({ ...withFactor(), role });

/** The rows of the list. */
export const rows = () => [...document.querySelectorAll<HTMLElement>('[data-action="open-person"]')];

/** Opens the list, and waits until it or a refusal is shown. */
export async function openPeople(routes: Routes = {}, answers: Answers = {}) {
  const { asked, server } = peopleServer(routes);
  const opened = await openWindow(signedIn(), { account: () => withRole("admin"), ...server, ...answers });
  await settled();
  await opened.user.click(button("open-people"));
  const isThere = () => has('[data-testid="people-status"]') || root().dataset.screen === "signed-in";
  // The screens are loaded when they are first opened.
  await expect.poll(isThere, { timeout: 10_000 }).toBe(true);
  await settled();
  return { ...opened, asked };
}

/** Opens the account of the first row. */
export async function openPerson(routes: Routes = {}, answers: Answers = {}) {
  const opened = await openPeople(routes, answers);
  await opened.user.click(rows()[0] as Element);
  await settled();
  return opened;
}
