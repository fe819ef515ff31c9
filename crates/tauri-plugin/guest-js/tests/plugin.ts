// A plugin that responds over Tauri's own (mocked) channel, and records what it is asked.
import { mockIPC } from "@tauri-apps/api/mocks";
import { expect } from "vitest";

export type Call = [command: string, args: unknown];
export type Response = (args: Record<string, unknown>) => unknown;

/** The id of a call that changes something. */
export const ANY_ID = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/) as unknown;

/** Responds to the commands named; every other one fails as in an app without the plugin. */
export function plugin(responses: Record<string, Response>): Call[] {
  const calls: Call[] = [];
  mockIPC((command, args) => {
    calls.push([command, args]);
    const response = responses[command.replace("plugin:latchkey|", "")];
    if (!response) return Promise.reject(new Error(`no response to ${command}`));
    return response(args as Record<string, unknown>);
  });
  return calls;
}

/** Rejects as a command does: with a plain value, not with an `Error`. */
export const fails = (value: unknown) => () => Promise.reject(value as Error);
