// How a problem is told: which sentence, and whether it is an alarm or just the state of things.
import type { KeyTrouble } from "./bindings/KeyTrouble";
import type { SessionView } from "./bindings/SessionView";
import type { FailureCode } from "./ipc";
import type { Problem } from "./session.svelte";
import { failureSentence, words } from "./words";

const PASSING: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "server-unreachable",
  "server-unavailable",
  "server-answer-invalid",
  "throttled",
]);

/** A server out of reach is no error to somebody who is signed in: the session works without it. */
export function calm(problem: Problem, view: SessionView): boolean {
  return view.state === "signed-in" && problem.during === "check-in" && PASSING.has(problem.code);
}

function keySentence(code: FailureCode, cause: KeyTrouble): string {
  const said = words.keyTrouble[cause].failure;
  if (code === "key-file-consent") return `${said} ${words.keyFile.consent}`;
  if (code === "key-file-forbidden") return `${said} ${words.keyFile.forbidden}`;
  return said;
}

export function problemSentence(problem: Problem, view: SessionView): string {
  if (problem.code === "not-kept" && problem.during === "sign-in" && view.state === "signed-in")
    return words.signedIn.notKept;
  if (problem.cause) return keySentence(problem.code, problem.cause);
  const signedIn = problem.during === "check-in" && view.state === "signed-in";
  return failureSentence(problem.code, signedIn ? "check-in-signed-in" : problem.during);
}
