// Chooses the sentence for a failure: by its cause where that is known, otherwise by its code.
import type { NetworkCause, SecretError, StorageFault } from "tauri-plugin-latchkey-api";

import { durationOf, longDate } from "./dates";
import type { Failure, FailureCode } from "./outcome";
import { words } from "./words";
import type { Place } from "./words/words";

// With these causes the server was never reached. After any other it may have done the request.
const NEVER_REACHED: ReadonlySet<NetworkCause> = new Set<NetworkCause>([
  "no-network",
  "name-not-found",
  "nothing-listening",
  "certificate-not-trusted",
  "certificate-wrong-name",
  "certificate-expired",
  "certificate-not-yet-valid",
  "proxy-unreachable",
  "proxy-auth-required",
  "proxy-refused",
  "proxy-unsupported",
]);

/** Where the user signs in with a one-time code. */
const BY_CODE: ReadonlySet<Place> = new Set<Place>(["redeem-code", "code-alone"]);

/** Whether the server may have done a request that got no answer. */
export const mayHaveArrived = ({ cause }: Omit<Failure, "ok">): boolean =>
  cause === undefined || !NEVER_REACHED.has(cause);

export function failureSentence(failure: FailureCode | Omit<Failure, "ok">, place: Place): string {
  if (typeof failure === "string") return words.failuresIn[place]?.[failure] ?? words.failures[failure];
  const special = words.failuresIn[place]?.[failure.code];
  const { code, cause, keyCause, minLength, retryAfterSeconds, keys } = failure;
  if (keyCause) return keySentence(code, keyCause);
  if (code === "server-unreachable" && cause) return causeSentence(failure, place);
  if (code === "password-too-short" && minLength !== undefined) return words.change.tooShort(minLength);
  if (code === "throttled" && retryAfterSeconds && !special)
    return words.throttledFor(durationOf(retryAfterSeconds));
  if (code === "invalid-code" && failure.askedHere === false && BY_CODE.has(place))
    return `${words.failures[code]} ${words.useCode.elsewhere}`;
  if (code === "server-key-unknown" && keys) return words.keysDiffer(keys.carried, keys.named);
  return withCause(special ?? words.failures[code], failure.storageCause);
}

function keySentence(code: FailureCode, cause: SecretError): string {
  const said = words.secretErrors[cause].failure;
  if (code === "key-file-consent") return `${said} ${words.keyFile.consent}`;
  if (code === "key-file-forbidden") return `${said} ${words.keyFile.forbidden}`;
  return said;
}

/** Appends the fault of the app's files, if that is the cause. */
export function withCause(sentence: string, cause: StorageFault | undefined): string {
  return cause === undefined ? sentence : `${sentence} ${words.storage[cause]}`;
}

function causeSentence(failure: Omit<Failure, "ok">, place: Place): string {
  const { cause = "other", clock = 0 } = failure;
  const sentence =
    cause === "certificate-expired" || cause === "certificate-not-yet-valid"
      ? words.clockCauses[cause](longDate(clock))
      : words.causes[cause];
  const after =
    (mayHaveArrived(failure) ? words.afterCauseUnsure[place] : undefined) ?? words.afterCause[place];
  return after ? `${sentence} ${after}` : sentence;
}
