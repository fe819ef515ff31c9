// What has happened to the account. Permission: `latchkey:account`.
import type { Notice } from "./bindings/Notice.js";
import type { NoticeAnswer } from "./bindings/NoticeAnswer.js";
import type { NoticeAnswered } from "./bindings/NoticeAnswered.js";
import { change, command } from "./command.js";

/** Returns the open notices about the account, the newest first. */
export function notices(): Promise<Notice[]> {
  return command("notices");
}

/**
 * Answers a notice for all devices. `mine` may reject with `confirmation-required`; `not-mine`
 * needs no confirmation, and ends the session that the notice is about.
 */
export function answerNotice({ id, answer }: { id: string; answer: NoticeAnswer }): Promise<NoticeAnswered> {
  return change("answer_notice", { id, answer });
}
