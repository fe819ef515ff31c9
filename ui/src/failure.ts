// How a failure is put into words: by its cause where that is known, else by its code.
import { durationOf, longDate } from "./dates";
import type { Failure, FailureCode } from "./ipc";
import { words } from "./words";
import type { Place } from "./words/words";

export function failureSentence(failure: FailureCode | Omit<Failure, "ok">, place: Place): string {
  if (typeof failure === "string") return words.failuresIn[place]?.[failure] ?? words.failures[failure];
  const special = words.failuresIn[place]?.[failure.code];
  const { code, cause, retryAfterSeconds, keys } = failure;
  if (code === "server-unreachable" && cause) return causeSentence(failure, place);
  if (code === "throttled" && retryAfterSeconds && !special)
    return words.throttledFor(durationOf(retryAfterSeconds));
  if (code === "server-key-unknown" && keys) return words.keysDiffer(keys.carried, keys.named);
  return special ?? words.failures[code];
}

function causeSentence({ cause = "other", clock = 0 }: Omit<Failure, "ok">, place: Place): string {
  const sentence =
    cause === "certificate-expired" || cause === "certificate-not-yet-valid"
      ? words.clockCauses[cause](longDate(clock))
      : words.causes[cause];
  const unsure = cause === "timed-out" || cause === "connection-lost";
  const after = (unsure ? words.afterCauseUnsure[place] : undefined) ?? words.afterCause[place];
  return after ? `${sentence} ${after}` : sentence;
}
