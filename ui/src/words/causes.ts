// The words that a language needs for causes: of the network, the keychain, and the app's files.
import type { NetworkCause, SecretError, StorageFault } from "tauri-plugin-latchkey-api";

/**
 * Either the certificate's time or this computer's clock is wrong; the user has to compare them.
 */
export type ClockCause = "certificate-expired" | "certificate-not-yet-valid";

export interface CauseWords {
  /** The fault of the place of the device's key: on the held screen, and after an action. */
  secretErrors: Record<SecretError, { heading: string; sentence: string; failure: string }>;
  /** The sentence for "server-unreachable" when its cause is known. */
  causes: Record<Exclude<NetworkCause, ClockCause>, string>;
  clockCauses: Record<ClockCause, (clock: string) => string>;
  /**
   * The fault of the app's files, and what to do. It follows a sentence about the
   * consequence.
   */
  storage: Record<StorageFault, string>;
}
