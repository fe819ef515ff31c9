// The account's passkeys. Permission: `latchkey:account`. Adding and removing one rejects with
// `confirmation-required` until the user has confirmed: see `withConfirmation`.
import type { BrowserView } from "./bindings/BrowserView.js";
import type { Passkey } from "./bindings/Passkey.js";
import type { Passkeys } from "./bindings/Passkeys.js";
import { change, command } from "./command.js";

/** Returns the account's passkeys, and whether one can be added. */
export function passkeys(): Promise<Passkeys> {
  return command("passkeys");
}

/**
 * Begins to add a passkey in the system's browser, and opens it. When {@link SessionView.browser}
 * is
 * `ready`, {@link finishPasskey} gives it a name.
 */
export function addPasskey({ language }: { language?: string } = {}): Promise<BrowserView> {
  return change("add_passkey", { ...(language !== undefined && { language }) });
}

/** Gives the new passkey its name. From now on it counts. */
export function finishPasskey(name: string): Promise<Passkey> {
  return change("finish_passkey", { name });
}

/** Gives a passkey another name. */
export function renamePasskey({ id, name }: { id: string; name: string }): Promise<Passkey> {
  return change("rename_passkey", { id, name });
}

/** Removes a passkey. Rejects with `last-way` if the account would have no way in left. */
export async function removePasskey(id: string): Promise<void> {
  await change("remove_passkey", { id });
}
