// The fault behind a held session, and its ways out.
import type { HeldCause, HeldReason, SecretError, StorageFault } from "tauri-plugin-latchkey-api";

// Both kinds of cause have a member "locked": only the reason distinguishes them.
const OF_THE_KEY: ReadonlySet<HeldReason> = new Set<HeldReason>(["keychain-locked", "keychain-unavailable"]);

const OF_THE_STORE: ReadonlySet<HeldReason> = new Set<HeldReason>([
  "store-unreadable",
  "store-newer",
  "device-id-unavailable",
]);

/** The fault of the place of the device's key. */
export function keyCause(reason: HeldReason, cause: HeldCause | undefined): SecretError | undefined {
  return OF_THE_KEY.has(reason) ? (cause as SecretError | undefined) : undefined;
}

/** The fault of the app's files. */
export function storageCause(reason: HeldReason, cause: HeldCause | undefined): StorageFault | undefined {
  return OF_THE_STORE.has(reason) ? (cause as StorageFault | undefined) : undefined;
}

/** Whether the session can be signed out. One that cannot be read cannot. */
export const maySignOut = (reason: HeldReason): boolean => !OF_THE_STORE.has(reason);
