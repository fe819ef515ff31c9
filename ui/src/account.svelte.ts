// Owns what the window knows of the account besides its session: how it signs in, the question to
// confirm, and new recovery codes until they are kept.
import * as latchkey from "tauri-plugin-latchkey-api";
import type { AccountDetails, TotpProposal } from "tauri-plugin-latchkey-api";

import { Confirmation } from "./confirmation.svelte";
import { outcomeOf, type Outcome } from "./outcome";

export class Account {
  readonly confirmation = new Confirmation();
  /** Null until the server has sent them. */
  details: AccountDetails | null = $state.raw(null);
  /** A factor that is being set up. It counts for nothing until its first code. */
  proposal: TotpProposal | null = $state.raw(null);
  /** Why the password should be changed now. */
  passwordReason: string | null = null;
  /** Whether the user came in by a code alone, and may have no other way yet. */
  wayMissing = $state(false);
  /** Recovery codes that are shown now. They are dropped when their screen closes. */
  recoveryCodes: readonly string[] | null = $state.raw(null);

  /** Whether the screens about other people's accounts have closed for want of a role. */
  roleLost = $state(false);

  /** Whether the account has a role for other people's accounts. A hint: the server decides. */
  get hasRole(): boolean {
    return this.details?.role === "desk" || this.details?.role === "admin";
  }

  /** Asks the server for the details. Without an answer, the old ones stay. */
  async load(): Promise<Outcome<AccountDetails>> {
    const outcome = await outcomeOf(latchkey.account());
    if (outcome.ok) this.details = outcome.value;
    return outcome;
  }

  /** The proposed factor is switched on: its recovery codes are shown next. */
  accept(): void {
    this.recoveryCodes = this.proposal?.recoveryCodes ?? null;
    this.proposal = null;
  }

  /** The session is over: nothing of the account stays in the page. */
  forget(): void {
    this.confirmation.close(false);
    this.details = null;
    this.proposal = null;
    this.passwordReason = null;
    this.wayMissing = false;
    this.recoveryCodes = null;
    this.roleLost = false;
  }
}
