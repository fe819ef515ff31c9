// The account's links to accounts of providers. Permission: `latchkey:account`. Adding and removing
// one rejects with `confirmation-required` until the user has confirmed: see `withConfirmation`.
import type { BrowserView } from "./bindings/BrowserView.js";
import type { Links } from "./bindings/Links.js";
import { cancelBrowser, ended } from "./browser.js";
import { change, command } from "./command.js";
import { LatchkeyError } from "./error.js";

/** What {@link linkProvider} takes. */
export interface LinkRequest {
  /** The provider's id, as {@link Links.mayLink} lists it. */
  provider: string;
  /** The language of the server's page, as a BCP 47 tag: `en` or `de`. */
  language?: string;
}

/** Returns the account's links, and with which providers there can be more. */
export function links(): Promise<Links> {
  return command("links");
}

/**
 * Links an account of a provider in the system's browser: that account signs in here from then on.
 * Resolves when it is linked; until then {@link SessionView.browser} shows how it stands, also why
 * the browser did not open.
 *
 * Rejects with `linked-elsewhere` if the provider's account is another account's here, with
 * `browser-refused`, `browser-expired`, `provider-away` and the like, and with `superseded` if it
 * was given up or replaced.
 */
export async function linkProvider({ provider, language }: LinkRequest): Promise<void> {
  const asked = { provider, ...(language !== undefined && { language }) };
  const { url } = await change<BrowserView>("link_provider", asked);
  const { browser } = await ended(url, "link_provider");
  if (browser?.url !== url || browser.state !== "done")
    throw new LatchkeyError("link_provider", "superseded", "It was given up.");
  await cancelBrowser();
}

/**
 * Removes a link: that account of the provider no longer signs in here. Rejects with `last-way` if
 * the account would have no way in left.
 */
export async function removeLink(id: string): Promise<void> {
  await change("remove_link", { id });
}
