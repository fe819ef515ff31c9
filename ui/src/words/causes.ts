// What a language must say of the causes of a failure: the network, the keychain, the files of the app.
import type { NetworkCause, SecretError, StorageFault } from "tauri-plugin-latchkey-api";

/** The causes that only a look at the calendar tells apart: the certificate's time, or this computer's. */
export type ClockCause = "certificate-expired" | "certificate-not-yet-valid";

export interface CauseWords {
  /** What is wrong with the place of the device's key: on the held screen, and as the answer to an action. */
  secretErrors: Record<SecretError, { heading: string; sentence: string; failure: string }>;
  /** What "server-unreachable" says when its cause is known. */
  causes: Record<Exclude<NetworkCause, ClockCause>, string>;
  clockCauses: Record<ClockCause, (clock: string) => string>;
  /** What is wrong with the files of the app, and the way on. It follows a sentence that says what came of it. */
  storage: Record<StorageFault, string>;
}
