// The account's second factor. Permission: `latchkey:account`. Each change rejects with
// `confirmation-required` until the user has confirmed: see `withConfirmation`.
import type { AccountDetails } from "./bindings/AccountDetails.js";
import type { TotpProposal } from "./bindings/TotpProposal.js";
import { change, command } from "./command.js";

/** Returns the account's second factor, language and role. */
export function account(): Promise<AccountDetails> {
  return command("account");
}

/** Begins to set up an authenticator. Nothing counts before {@link enableTotp}. */
export function startTotp(): Promise<TotpProposal> {
  return change("start_totp");
}

/** Switches on the authenticator and the recovery codes of {@link startTotp}. */
export async function enableTotp({ code }: { code: string }): Promise<void> {
  await change("enable_totp", { code });
}

/** Removes the second factor. */
export async function disableTotp(): Promise<void> {
  await change("disable_totp");
}

/**
 * Asks for the removal of a second factor that is lost, together with the recovery codes. Resolves
 * to when it is done, in seconds since 1970, unless somebody says no until then. Rejects with
 * `wrong-credentials`; with `factor-required` if the account must have a factor or has a role; with
 * `confirmation-required` if this device is new to the account, or if the account has no password:
 * it needs none then, and confirms in the browser.
 */
export function requestFactorRemoval({ password }: { password?: string } = {}): Promise<number> {
  return change("request_factor_removal", { ...(password !== undefined && { password }) });
}

/** Cancels the removal that {@link requestFactorRemoval} has asked for. */
export async function cancelFactorRemoval(): Promise<void> {
  await change("cancel_factor_removal");
}

/** Makes ten new recovery codes; the former ones no longer count. */
export function newRecoveryCodes(): Promise<string[]> {
  return change("new_recovery_codes");
}
