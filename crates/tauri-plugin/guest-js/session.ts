// The session of this device. Permission: `latchkey:default`.
import type { SessionView } from "./bindings/SessionView.js";
import { change, command } from "./command.js";

/** What {@link signIn} takes. */
export interface SignInRequest {
  /** The name of the account. */
  username: string;
  /** Its password. */
  password: string;
  /**
   * Whether the device's key may be stored in a file. Set it only after `key-file-consent`, and
   * after the user has agreed: other programs can copy the file.
   *
   * @defaultValue `false`
   */
  allowKeyFile?: boolean;
  /**
   * Whether the session that a newer version of the app has stored may be set aside. Set it only
   * while the session is held with `store-newer`, and after the user has agreed. The file stays
   * on the disk, under another name.
   *
   * @defaultValue `false`
   */
  setAsideNewerStore?: boolean;
}

/** Returns the session as it is now. */
export function session(): Promise<SessionView> {
  return command("session");
}

/**
 * Signs in, and returns the new session. Any earlier session of this device is replaced.
 *
 * Rejects with `second-factor-required` or `enrolment-required` after a right password that is not
 * enough: the sign-in is pending then, as {@link SessionView.pending} shows, and continues with
 * `secondFactor` or `enrol`.
 */
export function signIn({
  username,
  password,
  allowKeyFile = false,
  setAsideNewerStore = false,
}: SignInRequest): Promise<SessionView> {
  return change("sign_in", {
    username,
    password,
    ...(allowKeyFile && { allowKeyFile }),
    ...(setAsideNewerStore && { setAsideNewerStore }),
  });
}

/** Signs out. Needs no server: an unreachable server is informed later. */
export function signOut(): Promise<SessionView> {
  return change("sign_out");
}

/** Asks the server now whether the session is valid, and renews it. */
export function checkIn(): Promise<SessionView> {
  return change("check_in");
}
