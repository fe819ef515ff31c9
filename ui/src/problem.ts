// How a problem is told: which sentence, and whether it is an alarm or just the state of things.
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

export function problemSentence(problem: Problem, view: SessionView): string {
  if (problem.code === "not-kept" && problem.during === "sign-in" && view.state === "signed-in")
    return words.signedIn.notKept;
  const signedIn = problem.during === "check-in" && view.state === "signed-in";
  return failureSentence(problem.code, signedIn ? "check-in-signed-in" : problem.during);
}
