// Sentences for failures. Chooses by the code; a code without a sentence has a general one.
import { LatchkeyError } from "tauri-plugin-latchkey-api";
import type { ErrorCode } from "tauri-plugin-latchkey-api";

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  "wrong-credentials": "The username or the password is wrong.",
  "wrong-code": "That code is wrong. Wait for the next one.",
  "second-factor-required": "This account has a second step. This example does not ask for it.",
  "credentials-missing": "Enter your username and your password.",
  throttled: "Too many attempts. Wait a moment, and try again.",
  "server-unreachable": "The server cannot be reached. Check your connection.",
  "server-unavailable": "The server cannot answer just now. Try again in a moment.",
  "key-file-consent":
    "The keychain cannot be used. The key that signs you in can be stored in a file instead, where other programs can read it.",
  "keychain-locked": "The keychain is locked. Unlock it, and try again.",
  "body-too-large": "This is too long. Make it shorter.",
};

/** The sentence for an error of the plugin. */
export function sentenceOf(error: unknown): string {
  const sentence = error instanceof LatchkeyError ? SENTENCES[error.code] : undefined;
  return sentence ?? "Something went wrong. Try again.";
}
