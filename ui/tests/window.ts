// Opens the whole window on a backend that responds over Tauri's own (mocked) channel.
import type { CommandError, SessionView } from "tauri-plugin-latchkey-api";
import type { Channel } from "@tauri-apps/api/core";
import { mockIPC } from "@tauri-apps/api/mocks";
import userEvent, { PointerEventsCheckLevel, type UserEvent } from "@testing-library/user-event";
import { tick } from "svelte";
import { expect } from "vitest";

import { start } from "../src/start";
import { NOW, byMail, plain, type ErrorCode } from "./views";

export type Answer = (args: unknown) => unknown;
type Command =
  | "session"
  | "watch"
  | "sign_in"
  | "sign_out"
  | "check_in"
  | "get"
  | "get_cached"
  | "send"
  | "sessions"
  | "end_session"
  | "end_other_sessions"
  | "change_password"
  | "account"
  | "answer_notice"
  | "cancel_sign_in"
  | "start_browser"
  | "confirm_with_browser"
  | "submit_browser_result"
  | "open_browser"
  | "browser_qr"
  | "cancel_browser"
  | "answer_other_account"
  | "passkeys"
  | "add_passkey"
  | "finish_passkey"
  | "rename_passkey"
  | "remove_passkey"
  | "links"
  | "link_provider"
  | "remove_link"
  | "confirm"
  | "disable_totp"
  | "request_factor_removal"
  | "cancel_factor_removal"
  | "enable_totp"
  | "enrol"
  | "forgot_password"
  | "new_recovery_codes"
  | "notices"
  | "redeem_code"
  | "second_factor"
  | "sign_in_options"
  | "start_totp"
  | "notifications_shown"
  | "show_notifications"
  | "notify"
  | "save_recovery_codes"
  | "page_alive"
  | "close_window"
  | "zoom";
export type Answers = Partial<Record<Command, Answer>>;
export type Call = [command: string, args: unknown];

/** Rejects as a Tauri command does: with a plain value, not with an Error. */
export function fails(code: ErrorCode, more: Record<string, unknown> = {}): Answer {
  const error = { code, message: "for the log", ...more } as unknown as CommandError;
  return () => Promise.reject(error);
}

/** A response of the server, as the plugin hands it on. */
export const response = (status: number, text: string) => ({ status, headers: [], body: { text } });

/** A response that arrives when the test releases it. */
export function later(): { answer: Answer; arrive: (value: unknown) => void } {
  let arrive: (value: unknown) => void = () => undefined;
  const promise = new Promise((resolve) => (arrive = resolve));
  return {
    answer: () => promise,
    arrive: (value) => {
      arrive(value);
    },
  };
}

/** The id of a call that changes something. */
export const ANY_ID = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/) as unknown;

const UNASKED = {
  page_alive: null,
  account: plain,
  notifications_shown: true,
  notify: null,
  sign_in_options: byMail,
  links: { links: [], mayLink: [] },
};

/** The page's subscriptions to changes of the session. */
let watching: Channel<SessionView>[] = [];

export function backend(answers: Answers): Call[] {
  const calls: Call[] = [];
  watching = [];
  mockIPC(
    (address, args) => {
      const command = address.replace("plugin:latchkey|", "");
      if (command === "watch") {
        watching.push((args as { channel: Channel<SessionView> }).channel);
        return answers.watch?.(args) ?? null;
      }
      // Every page sends them.
      const asked = command as keyof typeof UNASKED;
      if (Object.hasOwn(UNASKED, command) && !answers[asked]) return UNASKED[asked];
      calls.push([command, args]);
      const answer = answers[command as keyof Answers];
      if (!answer) throw new Error(`no answer for ${command}`);
      return answer(args);
    },
    { shouldMockEvents: true },
  );
  return calls;
}

export async function openWindow(view: SessionView, answers: Answers = {}) {
  const calls = backend({ session: () => view, ...answers });
  const target = document.createElement("div");
  document.body.append(target);
  await start(target, () => NOW * 1000);
  await tick();
  // There are no styles here, so no element is out of the pointer's reach, and to ask costs half of
  // the time of each click.
  return { calls, target, user: userEvent.setup({ pointerEventsCheck: PointerEventsCheckLevel.Never }) };
}

/** Puts a text into a field at once, as a password manager does. To type it takes longer. */
export async function paste(user: UserEvent, into: HTMLElement, text: string): Promise<void> {
  await user.click(into);
  await user.paste(text);
}

/** Waits until what a screen has asked for by itself has arrived and is drawn. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  await tick();
}

export async function sessionChanged(view: SessionView): Promise<void> {
  if (watching.length === 0) throw new Error("nothing watches the session");
  for (const channel of watching) channel.onmessage(view);
  await tick();
}

function found<T extends Element>(selector: string): T {
  const element = document.querySelector<T>(selector);
  if (!element) throw new Error(`nothing on screen is ${selector}`);
  return element;
}

export const root = () => found<HTMLElement>("main");
export const button = (action: string) => found<HTMLButtonElement>(`button[data-action="${action}"]`);
export const field = (name: string) => found<HTMLInputElement>(`input[name="${name}"]`);
export const alertRegion = () => found('[role="alert"]');
export const part = (id: string) => found(`[data-testid="${id}"]`);
export const has = (selector: string) => document.querySelector(selector) !== null;
