// How a problem is shown: its sentence, and whether it is an alert or a status.
import type { NetworkCause, SessionView } from "tauri-plugin-latchkey-api";

import { failureSentence, withCause } from "./failure";
import type { Failure, FailureCode } from "./outcome";
import type { Problem } from "./session.svelte";
import { words } from "./words";

const PASSING: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "server-unreachable",
  "server-unavailable",
  "server-answer-invalid",
  "throttled",
]);

/** These stay until the user acts. */
const LASTING: ReadonlySet<NetworkCause> = new Set<NetworkCause>([
  "certificate-not-trusted",
  "certificate-wrong-name",
  "certificate-expired",
  "certificate-not-yet-valid",
  "not-tls",
  "not-http",
  "tls-failed",
  "proxy-auth-required",
  "proxy-refused",
  "proxy-unsupported",
]);

/** Whether a failure stays until the user acts. */
export const isLasting = (failure: Failure | undefined) =>
  failure?.cause !== undefined && LASTING.has(failure.cause);

/** An unreachable server is not an error while signed in: the session works without it. */
export function calm(problem: Problem, view: SessionView): boolean {
  if (isLasting(problem.failure)) return false;
  return view.state === "signed-in" && problem.during === "check-in" && PASSING.has(problem.code);
}

export function problemSentence(problem: Problem, view: SessionView): string {
  if (problem.code === "not-kept" && problem.during === "sign-in" && view.state === "signed-in")
    return withCause(words.signedIn.notKept, problem.failure?.storageCause);
  const signedIn = problem.during === "check-in" && view.state === "signed-in";
  const place = problem.place ?? (signedIn ? "check-in-signed-in" : problem.during);
  return failureSentence(problem.failure ?? problem.code, place);
}
