// Signing in with a second factor or a one-time code. Permission: `latchkey:default`.
import type { SessionView } from "./bindings/SessionView.js";
import type { SignInOptions } from "./bindings/SignInOptions.js";
import type { TotpProposal } from "./bindings/TotpProposal.js";
import { change, command } from "./command.js";

/** What {@link forgotPassword} takes. */
export interface ForgottenPassword {
  /** The name of the account, or its e-mail address. */
  username: string;
  /**
   * As in `signIn`: only the key that asks can redeem the code.
   *
   * @defaultValue `false`
   */
  allowKeyFile?: boolean;
}

/** What {@link redeemCode} takes. */
export interface CodeRedemption {
  /** The code, as it is typed: lower case, blanks and hyphens do not matter. */
  code: string;
  /**
   * The new password. A server without `password` among its ways to sign in takes none: the code
   * only signs in there. Any other server wants one.
   */
  newPassword?: string;
  /** The name of the account. An invitation needs none. */
  username?: string;
  /**
   * As in `signIn`.
   *
   * @defaultValue `false`
   */
  allowKeyFile?: boolean;
  /**
   * As in `signIn`.
   *
   * @defaultValue `false`
   */
  setAsideNewerStore?: boolean;
}

/** What {@link enrol} takes. */
export interface EnrolmentProof {
  /** An operator's code for a second factor, while `pending.authorized` is false. */
  code?: string;
  /** The password, while the session is held with `factor-required`. */
  password?: string;
}

/**
 * Returns the ways to sign in that the server offers: from memory if they are younger than five
 * minutes, or while the server is unreachable.
 */
export function signInOptions(): Promise<SignInOptions> {
  return command("sign_in_options");
}

/** Asks for a code by mail. The response is the same whether or not there is such an account. */
export async function forgotPassword({ username, allowKeyFile = false }: ForgottenPassword): Promise<void> {
  await change("forgot_password", { username, ...(allowKeyFile && { allowKeyFile }) });
}

/**
 * Signs in with a one-time code, and sets the new password if there is one. Rejects with
 * `second-factor-required` or `enrolment-required` like `signIn`; nothing has changed then.
 */
export function redeemCode({
  code,
  newPassword,
  username,
  allowKeyFile = false,
  setAsideNewerStore = false,
}: CodeRedemption): Promise<SessionView> {
  return change("redeem_code", {
    code,
    ...(newPassword !== undefined && { newPassword }),
    ...(username !== undefined && { username }),
    ...(allowKeyFile && { allowKeyFile }),
    ...(setAsideNewerStore && { setAsideNewerStore }),
  });
}

/**
 * Completes the pending sign-in with a code: of the authenticator, a recovery code, or an
 * operator's. After an operator's code it rejects with `enrolment-required`: a new factor is set up
 * next.
 */
export function secondFactor({ code }: { code: string }): Promise<SessionView> {
  return change("second_factor", { code });
}

/**
 * Sets up a second factor in the pending sign-in, or in a session that is held with
 * `factor-required`. `secondFactor` with a code of it completes the sign-in.
 */
export function enrol({ code, password }: EnrolmentProof = {}): Promise<TotpProposal> {
  return change("enrol", {
    ...(code !== undefined && { code }),
    ...(password !== undefined && { password }),
  });
}

/** Drops the pending sign-in, and returns the session as it is then. */
export function cancelSignIn(): Promise<SessionView> {
  return command("cancel_sign_in");
}
