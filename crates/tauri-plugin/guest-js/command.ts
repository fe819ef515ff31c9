// The only file that calls the plugin.
import { invoke } from "@tauri-apps/api/core";

import { errorOf } from "./error.js";

/** Calls a command of the plugin. Rejects with a `LatchkeyError`. */
export async function command<T>(name: string, args: Record<string, unknown> = {}): Promise<T> {
  try {
    return await invoke<T>(`plugin:latchkey|${name}`, args);
  } catch (rejected) {
    throw errorOf(name, rejected);
  }
}

/**
 * Calls a command that changes something. When a reload aborts the request, Tauri posts the same
 * message again: the plugin recognises it by its id and runs it once.
 */
export function change<T>(name: string, args: Record<string, unknown> = {}): Promise<T> {
  return command<T>(name, { ...args, requestId: crypto.randomUUID() });
}
