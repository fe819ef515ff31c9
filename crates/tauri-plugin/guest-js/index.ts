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
export {
  answerOtherAccount,
  browserQr,
  cancelBrowser,
  confirmWithBrowser,
  openBrowser,
  signInWithBrowser,
  startBrowser,
  submitBrowserResult,
} from "./browser.js";
export type { BrowserRequest } from "./browser.js";
export { confirm, withConfirmation } from "./confirmation.js";
export type { AskForConfirmation, Confirmation } from "./confirmation.js";
export { LatchkeyError } from "./error.js";
export type { ErrorCode } from "./error.js";
export {
  account,
  cancelFactorRemoval,
  disableTotp,
  enableTotp,
  newRecoveryCodes,
  requestFactorRemoval,
  startTotp,
} from "./factor.js";
export { linkProvider, links, removeLink } from "./links.js";
export type { LinkRequest } from "./links.js";
export { answerNotice, notices } from "./notices.js";
export { addPasskey, finishPasskey, passkeys, removePasskey, renamePasskey } from "./passkeys.js";
export { checkIn, session, signIn, signOut } from "./session.js";
export type { SignInRequest } from "./session.js";
export { cancelSignIn, enrol, forgotPassword, redeemCode, secondFactor, signInOptions } from "./sign-in.js";
export type { CodeRedemption, EnrolmentProof, ForgottenPassword } from "./sign-in.js";
export { watch } from "./watch.js";

export type { AccountDetails } from "./bindings/AccountDetails.js";
export type { AccountName } from "./bindings/AccountName.js";
export type { AccountView } from "./bindings/AccountView.js";
export type { BrowserMode } from "./bindings/BrowserMode.js";
export type { BrowserOptions } from "./bindings/BrowserOptions.js";
export type { BrowserPurpose } from "./bindings/BrowserPurpose.js";
export type { BrowserState } from "./bindings/BrowserState.js";
export type { BrowserView } from "./bindings/BrowserView.js";
export type { BrowserWay } from "./bindings/BrowserWay.js";
export type { CommandError } from "./bindings/CommandError.js";
export type { ConnectionView } from "./bindings/ConnectionView.js";
export type { DeviceSession } from "./bindings/DeviceSession.js";
export type { DeviceView } from "./bindings/DeviceView.js";
export type { EndedView } from "./bindings/EndedView.js";
export type { FactorMethod } from "./bindings/FactorMethod.js";
export type { FactorView } from "./bindings/FactorView.js";
export type { ForgotWay } from "./bindings/ForgotWay.js";
export type { HeaderName } from "./bindings/HeaderName.js";
export type { HeldCause } from "./bindings/HeldCause.js";
export type { HeldReason } from "./bindings/HeldReason.js";
export type { IdSource } from "./bindings/IdSource.js";
export type { KeyPlace } from "./bindings/KeyPlace.js";
export type { LeaseView } from "./bindings/LeaseView.js";
export type { LeaseWarning } from "./bindings/LeaseWarning.js";
export type { Link } from "./bindings/Link.js";
export type { Links } from "./bindings/Links.js";
export type { NamedDevice } from "./bindings/NamedDevice.js";
export type { Need } from "./bindings/Need.js";
export type { NetworkCause } from "./bindings/NetworkCause.js";
export type { NotOpened } from "./bindings/NotOpened.js";
export type { Notice } from "./bindings/Notice.js";
export type { NoticeAnswer } from "./bindings/NoticeAnswer.js";
export type { NoticeAnswered } from "./bindings/NoticeAnswered.js";
export type { NoticeKind } from "./bindings/NoticeKind.js";
export type { OtherDevice } from "./bindings/OtherDevice.js";
export type { Passkey } from "./bindings/Passkey.js";
export type { Passkeys } from "./bindings/Passkeys.js";
export type { PasskeysUnavailable } from "./bindings/PasskeysUnavailable.js";
export type { PendingKind } from "./bindings/PendingKind.js";
export type { PendingView } from "./bindings/PendingView.js";
export type { Provider } from "./bindings/Provider.js";
export type { SecretError } from "./bindings/SecretError.js";
export type { SendMethod } from "./bindings/SendMethod.js";
export type { SessionView } from "./bindings/SessionView.js";
export type { SignInOptions } from "./bindings/SignInOptions.js";
export type { SignInWay } from "./bindings/SignInWay.js";
export type { SignedOutReason } from "./bindings/SignedOutReason.js";
export type { StorageFault } from "./bindings/StorageFault.js";
export type { TotpProposal } from "./bindings/TotpProposal.js";
export type { WarningKind } from "./bindings/WarningKind.js";
