// Owns the question that the server asks before what matters: prove that it is you. What was being
// done waits for the answer, and goes on afterwards by itself.
import type { Need } from "tauri-plugin-latchkey-api";

import { outcomeOf, type Outcome } from "./outcome";

/** A server that asks again and again is not followed for ever. */
const MAX_QUESTIONS = 2;

export class Confirmation {
  /** What the user has to enter, while the question is open. */
  needs: readonly Need[] | null = $state.raw(null);
  /** Whether a passkey does in place of that. */
  orPasskey = $state(false);
  #answer: ((confirmed: boolean) => void) | null = null;

  /**
   * Makes a call, and where it needs a confirmation, makes it again once the user has confirmed.
   * Returns null if the user has not.
   */
  async around<T>(call: () => Promise<T>): Promise<Outcome<T> | null> {
    for (let asked = 0; ; asked += 1) {
      const outcome = await outcomeOf(call());
      if (outcome.ok || outcome.code !== "confirmation-required" || asked === MAX_QUESTIONS) return outcome;
      if (!(await this.#ask(outcome.needs ?? ["password"], outcome.orPasskey))) return null;
    }
  }

  /** Asks for something else, when what was entered is not enough. */
  askFor(needs: readonly Need[], orPasskey = false): void {
    if (this.needs) [this.needs, this.orPasskey] = [needs, orPasskey];
  }

  /** Closes the question. */
  close(confirmed: boolean): void {
    const answer = this.#answer;
    this.#answer = null;
    this.needs = null;
    answer?.(confirmed);
  }

  #ask(needs: readonly Need[], orPasskey = false): Promise<boolean> {
    this.close(false);
    [this.needs, this.orPasskey] = [needs, orPasskey];
    return new Promise((resolve) => (this.#answer = resolve));
  }
}
