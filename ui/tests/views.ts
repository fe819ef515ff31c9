// The views the tests show. The time in them is frozen.
import type {
  AccountDetails,
  BrowserView,
  CommandError,
  DeviceSession,
  DeviceView,
  HeldCause,
  HeldReason,
  NetworkCause,
  Notice,
  PendingView,
  SecretError,
  SessionView,
  SignInOptions,
  SignedOutReason,
  StorageFault,
  TotpProposal,
} from "tauri-plugin-latchkey-api";

export type ErrorCode = CommandError["code"];

/** 23 November 2026, 12:00 UTC. */
export const NOW = 1_795_435_200;
export const DAY = 86_400;

export type SignedInView = Extract<SessionView, { state: "signed-in" }>;

export const device: DeviceView = {
  id: "4f9c2f0a17e35b8c",
  idSource: "machine",
  keyFingerprint: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
  keyPlace: "keychain",
  sharedWith: 0,
  server: "http://127.0.0.1:5468",
  version: "0.1.0",
};

export const sam: SignedInView["account"] = {
  username: "Ladiesman217",
  givenName: "Sam",
  familyName: "Witwicky",
  email: "sam@witwicky.example",
  signedInAt: NOW - 5 * DAY,
};

export function signedIn(change: Partial<SignedInView> = {}): SignedInView {
  const lease = { endsAt: NOW + 14 * DAY, kept: true };
  return { state: "signed-in", account: sam, lease, connection: "online", notices: 0, device, ...change };
}

/** An account without a second factor, which needs none. */
export const plain: AccountDetails = {
  factor: { totp: false, recoveryCodesLeft: 0, required: false, requiredFrom: null, removalAt: null },
  language: null,
  role: null,
};

export const withFactor = (change: Partial<AccountDetails["factor"]> = {}): AccountDetails => ({
  ...plain,
  factor: { ...plain.factor, totp: true, recoveryCodesLeft: 10, ...change },
});

export const byMail: SignInOptions = {
  ways: ["password", "code"],
  forgot: "mail",
  contact: "the front desk, room 12",
  minPasswordLength: 15,
  browser: null,
};
export const byContact: SignInOptions = { ...byMail, forgot: "contact" };

export const proposal: TotpProposal = {
  secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
  otpauthUri: "otpauth://totp/Latchkey:Ladiesman217?secret=JBSWY3DPEHPK3PXP",
  qrSvg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path d="M0 0h1v1H0z"/></svg>',
  recoveryCodes: Array.from({ length: 10 }, (_, at) => `7M2K-Q9XW-4TR8-${String(at)}Z`),
};

export const newSignIn: Notice = {
  id: "n1",
  kind: "new-sign-in",
  at: NOW - 600,
  address: "192.0.2.9",
  device: { name: "barricade", platform: "windows" },
  newKey: true,
  canAnswer: true,
};

export const pending = (kind: PendingView["kind"], authorized = true): PendingView => ({
  kind,
  authorized,
  methods: ["totp", "recovery-code", "factor-code"],
  expiresAt: NOW + 300,
});

/** A request in the browser. */
export const inBrowser = (change: Partial<BrowserView> = {}): BrowserView => ({
  purpose: "sign-in",
  state: "waiting",
  mode: "here",
  way: null,
  provider: null,
  url: "http://127.0.0.1:5468/browser/k3x9Q-_d2mLw0pVnYt7Bzg",
  expiresAt: NOW + 300,
  ...change,
});

/** A sign-in whose password was right. */
export const waiting = (view: SessionView, kind: PendingView["kind"], authorized = true): SessionView => ({
  ...view,
  pending: pending(kind, authorized),
});

export const here: DeviceSession = {
  sid: "here",
  current: true,
  sameDevice: true,
  deviceName: "sams-laptop",
  platform: "linux",
  signedInAt: NOW - 5 * DAY,
  lastSeenAt: NOW,
  leaseEndsAt: NOW + 14 * DAY,
  address: "192.0.2.7",
};
export const desk: DeviceSession = {
  ...here,
  sid: "desk",
  current: false,
  sameDevice: false,
  deviceName: "desk",
  platform: "windows",
  lastSeenAt: NOW - 3 * DAY,
  leaseEndsAt: NOW + 11 * DAY,
  address: null,
};
export const old: DeviceSession = {
  ...desk,
  sid: "old",
  deviceName: null,
  platform: null,
  lastSeenAt: NOW - 9 * DAY,
  leaseEndsAt: null,
};

export function signedOut(reason: SignedOutReason = "never-signed-in"): SessionView {
  return { state: "signed-out", reason, device };
}

export function held(reason: HeldReason, cause?: HeldCause): SessionView {
  return { state: "held", reason, ...(cause && { cause }), device };
}

// Records, so that the compiler requires every member.
const signedOutReasons: Record<SignedOutReason, true> = {
  "never-signed-in": true,
  "signed-out": true,
  revoked: true,
  replaced: true,
  "password-reset": true,
  "ended-by-device": true,
  "not-me": true,
  "provider-logout": true,
  "session-ended": true,
  "device-changed": true,
  "device-key-missing": true,
  "store-damaged": true,
};
const heldReasons: Record<HeldReason, true> = {
  "lease-expired": true,
  "keychain-locked": true,
  "keychain-unavailable": true,
  "clock-moved-back": true,
  "session-unknown": true,
  "provider-sign-in-required": true,
  "factor-required": true,
  "store-unreadable": true,
  "store-newer": true,
  "device-id-unavailable": true,
};
const storageFaults: Record<StorageFault, true> = {
  "disk-full": true,
  "quota-exceeded": true,
  "read-only": true,
  "owned-by-root": true,
  "owned-by-other": true,
  "not-permitted": true,
  locked: true,
  changed: true,
  "not-plain-file": true,
  "too-large": true,
  "disk-error": true,
  internal: true,
};
const errorCodes: Record<ErrorCode, true> = {
  "wrong-credentials": true,
  "credentials-missing": true,
  throttled: true,
  "server-unreachable": true,
  "server-unavailable": true,
  "server-answer-invalid": true,
  "server-key-unknown": true,
  "session-unknown": true,
  "provider-sign-in-required": true,
  "server-refused": true,
  "not-signed-in": true,
  "session-held": true,
  "session-over": true,
  "sign-in-in-progress": true,
  superseded: true,
  "store-newer": true,
  "clock-wrong": true,
  "not-kept": true,
  "keychain-locked": true,
  "keychain-unavailable": true,
  "key-file-consent": true,
  "key-file-forbidden": true,
  "path-not-allowed": true,
  "body-too-large": true,
  "request-id-reused": true,
  "too-many-requests": true,
  "password-too-short": true,
  "password-too-long": true,
  "password-too-common": true,
  "password-breached": true,
  "second-factor-required": true,
  "enrolment-required": true,
  "wrong-code": true,
  "code-used": true,
  "challenge-expired": true,
  "invalid-code": true,
  "malformed-code": true,
  "code-for-factor": true,
  "forgot-unavailable": true,
  "proof-required": true,
  "confirmation-required": true,
  "factor-required": true,
  "enrolment-expired": true,
  "nothing-pending": true,
  "account-disabled": true,
  "browser-unavailable": true,
  "browser-not-opened": true,
  "browser-expired": true,
  "browser-refused": true,
  "browser-failed": true,
  "wrong-result": true,
  "other-device-off": true,
  "provider-away": true,
  "provider-refused": true,
  "account-not-allowed": true,
  "account-unknown": true,
  "link-needed": true,
  "other-account": true,
  "too-many-passkeys": true,
  "passkey-taken": true,
  "linked-elsewhere": true,
  "last-way": true,
  "passwords-disabled": true,
};

const secretErrors: Record<SecretError, true> = {
  missing: true,
  "never-set-up": true,
  locked: true,
  "no-prompter": true,
  denied: true,
  ambiguous: true,
  damaged: true,
  "no-answer": true,
  failed: true,
  "file-unusable": true,
};

export const SECRET_ERRORS = Object.keys(secretErrors) as SecretError[];
const networkCauses: Record<NetworkCause, true> = {
  "no-network": true,
  "name-not-found": true,
  "nothing-listening": true,
  "timed-out": true,
  "connection-lost": true,
  "certificate-not-trusted": true,
  "certificate-wrong-name": true,
  "certificate-expired": true,
  "certificate-not-yet-valid": true,
  "not-tls": true,
  "not-http": true,
  "tls-failed": true,
  "proxy-unreachable": true,
  "proxy-auth-required": true,
  "proxy-refused": true,
  "proxy-unsupported": true,
  other: true,
};

export const NETWORK_CAUSES = Object.keys(networkCauses) as NetworkCause[];
export const STORAGE_FAULTS = Object.keys(storageFaults) as StorageFault[];
export const SIGNED_OUT_REASONS = Object.keys(signedOutReasons) as SignedOutReason[];
export const HELD_REASONS = Object.keys(heldReasons) as HeldReason[];
export const ERROR_CODES = Object.keys(errorCodes) as ErrorCode[];
