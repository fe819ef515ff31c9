// The screens that a start with a session does not show first. They are one file, which is read
// after the first frame.
export { default as ConfirmDialog } from "../parts/ConfirmDialog.svelte";
export { default as OtherAccount } from "../parts/OtherAccount.svelte";
export { default as SignInAgain } from "../parts/SignInAgain.svelte";
export { default as Browser } from "./Browser.svelte";
export { default as ChangePassword } from "./ChangePassword.svelte";
export { default as Devices } from "./Devices.svelte";
export { default as EnrolFactor } from "./EnrolFactor.svelte";
export { default as Factor } from "./Factor.svelte";
export { default as ForgotPassword } from "./ForgotPassword.svelte";
export { default as Held } from "./Held.svelte";
export { default as RecoveryCodes } from "./RecoveryCodes.svelte";
export { default as SecondFactor } from "./SecondFactor.svelte";
export { default as SignIn } from "./SignIn.svelte";
export { default as UseCode } from "./UseCode.svelte";
