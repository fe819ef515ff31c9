// Bytes as base64 (RFC 4648 §4), in which they cross to the plugin and back.

// `String.fromCharCode` takes a limited number of arguments.
const CHUNK = 0x8000;

/** Encodes bytes. */
export function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}

/** Decodes a text that the plugin has encoded. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
