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

/** Makes ten new recovery codes; the former ones no longer count. */
export function newRecoveryCodes(): Promise<string[]> {
  return change("new_recovery_codes");
}
