/**
 * Typed calls of the Tauri plugin `latchkey`.
 *
 * Every function returns a promise that rejects with a {@link LatchkeyError}, and with nothing
 * else.
 *
 * @packageDocumentation
 */
export { changePassword, endOtherSessions, endSession, sessions } from "./account.js";
export type { PasswordChange } from "./account.js";
export { get, getCached, send } from "./api.js";
export type { ApiRequest, CachedApiResponse, SendRequest } from "./api.js";
export { LatchkeyError } from "./error.js";
export type { ErrorCode } from "./error.js";
export { checkIn, session, signIn, signOut } from "./session.js";
export type { SignInRequest } from "./session.js";
export { watch } from "./watch.js";

export type { AccountView } from "./bindings/AccountView.js";
export type { CommandError } from "./bindings/CommandError.js";
export type { ConnectionView } from "./bindings/ConnectionView.js";
export type { DeviceSession } from "./bindings/DeviceSession.js";
export type { DeviceView } from "./bindings/DeviceView.js";
export type { HeaderName } from "./bindings/HeaderName.js";
export type { HeldCause } from "./bindings/HeldCause.js";
export type { HeldReason } from "./bindings/HeldReason.js";
export type { IdSource } from "./bindings/IdSource.js";
export type { KeyPlace } from "./bindings/KeyPlace.js";
export type { LeaseView } from "./bindings/LeaseView.js";
export type { NetworkCause } from "./bindings/NetworkCause.js";
export type { SecretError } from "./bindings/SecretError.js";
export type { SendMethod } from "./bindings/SendMethod.js";
export type { SessionView } from "./bindings/SessionView.js";
export type { SignedOutReason } from "./bindings/SignedOutReason.js";
export type { StorageFault } from "./bindings/StorageFault.js";
