// The page with a plugin that the test speaks for, over Tauri's own (mocked) messages.
import { mockIPC } from "@tauri-apps/api/mocks";
import type { SessionView } from "tauri-plugin-latchkey-api";
import { vi } from "vitest";

export type Call = [command: string, args: unknown];
export type Answer = (args: Record<string, unknown>) => unknown;

interface Internals {
  __TAURI_INTERNALS__: { runCallback: (id: number, data: unknown) => void };
}

/** 23 November 2026, 12:00 UTC. */
export const NOW = 1_795_435_200;
export const DAY = 86_400;

type SignedIn = Extract<SessionView, { state: "signed-in" }>;

const device = {} as SessionView["device"];

/** Sam is signed in. */
export function signedIn(change: Partial<SignedIn> = {}): SignedIn {
  const account = { username: "sam", givenName: null, familyName: null, email: null, signedInAt: NOW };
  const lease = { endsAt: NOW + 14 * DAY, kept: true };
  return { state: "signed-in", account, lease, connection: "online", notices: 0, device, ...change };
}

export const signedOut: SessionView = { state: "signed-out", reason: "never-signed-in", device };
export const held: SessionView = { state: "held", reason: "lease-expired", device };

/** A response of the server, as the plugin hands it over. */
export function response(status: number, body: unknown = "", cachedAt: number | null = null) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: [["content-type", "application/json"]], body: { text }, cachedAt };
}

/** Rejects as the plugin does. */
export const fails = (code: string) => () => Promise.reject({ code, message: code } as unknown as Error);

/** Opens the page in the first session, with replies to the plugin's commands. */
export async function openPage(first: SessionView, answers: Record<string, Answer> = {}) {
  vi.resetModules();
  document.body.innerHTML = '<main id="app"></main>';
  const calls: Call[] = [];
  let channel = 0;
  let index = 0;
  const send = (message: SessionView) => {
    (window as unknown as Internals).__TAURI_INTERNALS__.runCallback(channel, { index: index++, message });
  };
  mockIPC((command, args) => {
    const name = command.replace("plugin:latchkey|", "");
    if (name === "watch") {
      channel = (args as { channel: { id: number } }).channel.id;
      send(first);
      return null;
    }
    calls.push([name, args]);
    const answer = answers[name];
    if (!answer) throw new Error(`the test has no answer to ${command}`);
    return answer(args as Record<string, unknown>);
  });
  await import("../src/main");
  await vi.waitFor(() => {
    if (page().dataset["state"] === undefined) throw new Error("the page is empty");
  });
  return { calls, send };
}

export const page = () => document.getElementById("app") as HTMLElement;

/** What `css` selects, which must be there. */
export function find<T extends HTMLElement = HTMLElement>(css: string): T {
  const found = page().querySelector<T>(css);
  if (!found) throw new Error(`${css} is not there: ${page().innerHTML}`);
  return found;
}

export const field = (name: string) => find<HTMLInputElement>(`input[name="${name}"]`);
export const press = (action: string) => {
  find<HTMLButtonElement>(`[data-action="${action}"]`).click();
};
export const notes = () => [...page().querySelectorAll("li")].map((item) => item.textContent);
