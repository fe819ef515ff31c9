// Why a call about other people's accounts was not done, in one sentence.
import { failureSentence, mayHaveArrived } from "../failure";
import type { Failure } from "../outcome";
import { isLasting } from "../problem";
import { words } from "../words";
import type { Reason, Refused } from "./calls";
import type { Task } from "./task";
import type { PeopleScreenWords } from "./words";

export type Fault = { task: Task } & (
  | { kind: "failure"; failure: Failure }
  | { kind: "refusal"; refusal: Refused; reason?: Reason | undefined }
  /** The user did not confirm. */
  | { kind: "unconfirmed" }
);

const READING: ReadonlySet<Task> = new Set<Task>(["find", "open", "sessions", "events"]);

/** Whether it passes by itself: a status, not an alert. */
export function isCalm(fault: Fault): boolean {
  if (fault.kind === "unconfirmed") return true;
  if (fault.kind === "refusal") return false;
  return fault.failure.code === "server-unreachable" && !isLasting(fault.failure);
}

/** Whether the list may be there once the server can be reached again. */
export const isOffline = (fault: Fault | null): boolean =>
  fault?.kind === "failure" && fault.failure.code === "server-unreachable";

export function faultSentence(fault: Fault, said: PeopleScreenWords): string {
  const reads = READING.has(fault.task);
  if (fault.kind === "unconfirmed") return reads ? said.faults.notConfirmed : words.confirm.cancelled;
  if (fault.kind === "refusal") return refusalSentence(fault.task, fault.refusal, said.faults, fault.reason);
  const sentence = failureSentence(fault.failure, "call-api");
  if (fault.failure.code !== "server-unreachable") return sentence;
  if (reads) return `${sentence} ${said.faults.online}`;
  return `${sentence} ${mayHaveArrived(fault.failure) ? said.faults.unsure : said.faults.unchanged}`;
}

function refusalSentence(
  task: Task,
  refusal: Refused,
  said: PeopleScreenWords["faults"],
  reason?: Reason,
): string {
  switch (refusal) {
    case "role_required":
      return words.desk.roleLost;
    case "factor_needed_for_role":
      return said.factorNeeded;
    case "not_allowed":
      if (reason) return said.reasons[reason];
      return said.notAllowed[task] ?? said.notAllowedHere;
    case "not_found":
      return task === "find" ? said.notOffered : said.gone;
    case "name_taken":
      return said.nameTaken;
    case "invalid_request":
      return task === "find" ? said.invalidSearch : said.invalid;
    case "proof_required":
      return words.failures["proof-required"];
    case "server-answer-invalid":
      return words.failures[refusal];
    case "refused":
      return words.failures["server-refused"];
  }
}
