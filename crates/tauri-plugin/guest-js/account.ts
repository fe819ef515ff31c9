// The account's devices and its password. Permission: `latchkey:account`.
import type { DeviceSession } from "./bindings/DeviceSession.js";
import { change, command } from "./command.js";

/** What {@link changePassword} takes. */
export interface PasswordChange {
  /** The current password. */
  current: string;
  /** The new one. */
  new: string;
  /** Whether to end all other sessions of the account. */
  endOthers: boolean;
}

/** Returns the account's sessions, including this one. */
export function sessions(): Promise<DeviceSession[]> {
  return command("sessions");
}

/** Ends the session with the id `sid`. Returns the sessions that remain. */
export function endSession(sid: string): Promise<DeviceSession[]> {
  return change("end_session", { sid });
}

/** Ends all sessions except this one. Returns the sessions that remain. */
export function endOtherSessions(): Promise<DeviceSession[]> {
  return change("end_other_sessions");
}

/** Changes the account's password. This session stays valid. */
export async function changePassword(passwords: PasswordChange): Promise<void> {
  await change("change_password", { ...passwords });
}
