import { browserEn, browserFailuresEn, browserWaitingEn } from "./browser-en";
import { causesEn } from "./causes-en";
import type { KeychainEn } from "./keychain";
import { peopleEn } from "./people-en";
import { placesEn } from "./places-en";
import type { Words } from "./words";

export const english = (keychain: KeychainEn): Words => ({
  ...causesEn(keychain),
  ...peopleEn,
  ...placesEn,
  ...browserEn,
  locale: "en-GB",
  product: "Latchkey",
  signIn: {
    heading: "Sign in",
    to: (server) => `to ${server}`,
    username: "Username",
    password: "Password",
    show: "Show",
    hide: "Hide",
    showPassword: "Show password",
    hidePassword: "Hide password",
    passwordShown: "Your password is shown.",
    passwordHidden: "Your password is hidden.",
    capsLock: "Caps Lock is on.",
    submit: "Sign in",
  },
  waiting: {
    ...browserWaitingEn,
    "second-factor": "Checking…",
    enrol: "Preparing…",
    "redeem-code": "Signing in…",
    "cancel-sign-in": "Cancelling…",
    "forgot-password": "Asking…",
    confirm: "Checking…",
    factor: "Preparing…",
    options: "Asking the server…",
    start: "Starting…",
    "sign-in": "Signing in…",
    "sign-out": "Signing out…",
    "check-in": "Checking…",
    "call-api": "Calling…",
    devices: "Loading the devices…",
    end: "Signing out…",
    "change-password": "Changing…",
  },
  signedIn: {
    session: "Session",
    account: "Your account",
    since: "Signed in since",
    offlineUntil: "Works offline until",
    email: "Email",
    checkIn: "Check now",
    confirmed: "Confirmed with the server just now.",
    notKept: "You are signed in, but only until this window closes: the session could not be stored.",
    signOut: "Sign out",
    signOutOffline: "You are offline. To sign in again you will need the server.",
  },
  connection: {
    label: "Connection",
    checking: "Checking…",
    online: "Online",
    offline: "Offline",
    offlineUntil: (date) => `Offline – works until ${date}`,
  },
  api: {
    heading: "Try it",
    about: "Asks the server for a page that needs a sign-in.",
    call: "Call the API",
    refused: (status) => `The server answered with status ${status}.`,
    empty: "The server answered without any text.",
  },
  back: "Back",
  devices: {
    heading: "Devices",
    about: "Where you are signed in with this account.",
    this: "This device",
    earlier: "This computer, earlier",
    tidy: "Sign out this computer’s earlier sessions",
    tidyAsk: (count) =>
      count === 1
        ? "Sign out the one session marked “This computer, earlier”? This device stays signed in."
        : `Sign out the ${String(count)} sessions marked “This computer, earlier”? This device stays signed in.`,
    tidied: "The earlier sessions of this computer have been signed out.",
    unnamed: "A device without a name",
    since: (date) => `Signed in since ${date}`,
    seen: (distance) => `Last seen ${distance}`,
    offlineUntil: (date) => `Works offline until ${date}`,
    from: (address) => `From ${address}`,
    end: "Sign out",
    endNamed: (device) => `Sign out ${device}`,
    endAsk: "Sign this device out? It will need a new sign-in to come back.",
    endOthers: "Sign out all other devices",
    endOthersAsk: "Sign all other devices out? Each will need a new sign-in to come back.",
    cancel: "Cancel",
    onlyThis: "You are signed in on this device only.",
    ended: "The device has been signed out. If it is offline, it learns of it when it is online again.",
    othersEnded:
      "All other devices have been signed out. Those that are offline learn of it when they are online again.",
    retry: "Try again",
  },
  change: {
    heading: "Change password",
    about: "You stay signed in on this device.",
    current: "Current password",
    chosen: "New password",
    advice: "A few words that you can remember are best.",
    rule: (length) => `At least ${length} characters. A few words that you can remember are best.`,
    tooShort: (length) => `The new password needs at least ${length} characters.`,
    strength: {
      short: "Too short",
      weak: "Weak – easy to guess",
      fair: "Fair – longer is better",
      strong: "Strong",
    },
    endOthers: "Sign out all other devices",
    endOthersAbout: "If you leave this off, your other devices stay signed in.",
    submit: "Change password",
    done: "Your password has been changed. Your other devices stay signed in.",
    doneOthersEnded: "Your password has been changed. All other devices have been signed out.",
    currentMissing: "Enter your current password.",
    chosenMissing: "Enter a new password.",
    same: "The new password is the current one. Choose another.",
  },
  device: {
    copy: "Copy for support",
    copied: "Copied. It holds no password and no key.",
    copyByHand: "Select this text and copy it:",
    heading: "This device",
    id: "Device id",
    idSource: {
      machine: "Made for this app from the computer’s machine id, which never leaves it.",
      installation: "A random id of this installation, because the computer has no machine id.",
    },
    key: "Key fingerprint",
    keyPlace: "The key is kept",
    keyPlaces: {
      keychain: `In this computer’s ${keychain.name}.`,
      file: `In a file only you can read, because this computer offers no ${keychain.name}.`,
    },
    server: "Server",
    version: "Version",
    shared: "The key is shared",
    sharedWith: (count) =>
      count === 1
        ? "Another computer or system that uses your home folder is signed in with the same key."
        : `${String(count)} other computers or systems that use your home folder are signed in with the same key.`,
    noId: "Not known yet",
    noKey: "None until you sign in",
  },
  held: {
    signOut: "Sign out instead",
    signIn: "Sign in again",
    signInAnew: "Sign in again",
    signInOtherwise: "Sign in another way",
    signInHere: "Sign in anew here",
    signInHereAsk:
      "Sign in anew here? The session of the newer version is set aside. It is not deleted, but this app no longer uses it.",
    "lease-expired": {
      heading: "Connect to carry on",
      sentence:
        "This device has been without contact to the server for too long. Connect once to confirm that the session still stands. You will not need your password.",
      retry: "Check now",
      retrying: "Checking…",
    },
    "keychain-locked": {
      heading: `${keychain.Your} is locked`,
      sentence: "The key to your session is in it. Unlock it and try again. Nothing has been lost.",
      retry: "Try again",
      retrying: "Opening…",
    },
    "keychain-unavailable": {
      heading: `${keychain.Your} does not answer`,
      sentence: `The key to your session is in it. Make sure that the computer’s ${keychain.name} service is running, then try again. Nothing has been lost.`,
      retry: "Try again",
      retrying: "Opening…",
    },
    "clock-moved-back": {
      heading: "The clock has gone back",
      sentence:
        "This computer’s clock shows an earlier time than before, so the session cannot be checked without the server. Set the right date and time, or connect and check now.",
      retry: "Check now",
      retrying: "Checking…",
    },
    "session-unknown": {
      heading: "The server does not know this session",
      sentence:
        "You have not been signed out. The server may be another one, or its data may have been restored from an earlier day. Try again later, or sign in again.",
      retry: "Try again",
      retrying: "Checking…",
    },
    "provider-sign-in-required": {
      heading: "Your company asks you to sign in again",
      sentence:
        "You signed in with your company’s account, and the company has not confirmed this session. Sign in with that account once more to carry on. Nothing has been lost.",
      retry: "Check again",
      retrying: "Checking…",
    },
    "store-unreadable": {
      heading: "Your session cannot be read",
      sentence:
        "It is stored on this computer, but cannot be read at the moment. Nothing of it has been changed.",
      retry: "Try again",
      retrying: "Opening…",
    },
    "store-newer": {
      heading: "Install the newer version",
      sentence:
        "A newer version of this app has stored your session, and this version cannot read it. Install the newer version to carry on. Nothing has been lost.",
      retry: "Try again",
      retrying: "Opening…",
    },
    "device-id-unavailable": {
      heading: "This computer’s id cannot be read",
      sentence:
        "Your session belongs to this computer, and its id cannot be read at the moment. Nothing has been lost.",
      retry: "Try again",
      retrying: "Opening…",
    },
    "factor-required": {
      heading: "Set up two-step sign-in",
      sentence:
        "The people who run the server have asked for it, and the time to do so is over. Set it up, and carry on where you were. Nothing has been lost.",
      retry: "Check again",
      retrying: "Checking…",
    },
  },
  keyFile: {
    consent: "You can keep the key in a file instead, where it is less safe: other programs can copy it.",
    forbidden: `This app keeps its key in ${keychain.a} only.`,
    signIn: "Sign in with the key in a file",
    send: "Send it, with the key in a file",
  },
  signedOut: {
    "signed-out": "You have signed out.",
    revoked: "This device was signed out from elsewhere. Sign in again to carry on.",
    replaced:
      "A newer sign-in from this computer, or from a copy of it, has taken the place of this session. Sign in again to carry on.",
    "password-reset": "Your password was set anew from elsewhere. Sign in with the new one to carry on.",
    "ended-by-device": "Another of your devices has signed this one out. Sign in again to carry on.",
    "not-me": "Another device of yours said “Not me” about this sign-in. If it was you, sign in again.",
    "provider-logout": "Your company’s account was signed out. Sign in again to carry on.",
    "session-ended": "Your session has come to its end. Sign in again to carry on.",
    "device-changed": "The stored session belongs to another device. Sign in to use this one.",
    "device-key-missing":
      "This device’s key is gone, so the stored session can no longer be used. Sign in again.",
    "store-damaged": "The stored session could not be read, or was changed. Sign in again.",
  },
  failures: {
    ...browserFailuresEn,
    "wrong-credentials": "That username and password do not match. Try again.",
    "credentials-missing": "Enter your username and your password.",
    throttled: "There were too many attempts. Wait a moment, then try again.",
    "server-unreachable": "The server cannot be reached. Check your connection, then try again.",
    "server-unavailable": "The server cannot answer just now. Try again in a moment.",
    "server-answer-invalid":
      "The answer did not come from your server. If this network has a sign-in page of its own, open it in a browser first, then try again.",
    "server-key-unknown":
      "The server signs with another key than this app knows. It may be another server, or this app may be out of date.",
    "session-unknown": "The server still does not know this session.",
    "provider-sign-in-required": "Your company still asks you to sign in again.",
    "server-refused":
      "The server did not accept the request. If this keeps happening, tell the people who run it.",
    "not-signed-in": "You are not signed in.",
    "session-held": "That has to wait until your session has been confirmed.",
    "session-over": "Your session has ended. Sign in again.",
    "sign-in-in-progress": "Another sign-in is in progress. Wait until it has finished, then try again.",
    superseded: "This sign-in was stopped, because you signed out in the meantime. Sign in again.",
    "store-newer":
      "A newer version of this app has stored your session. Install that version, or sign in anew here.",
    "clock-wrong": "This computer’s clock is wrong. Set the right date and time, then try again.",
    "not-kept": "This could not be stored on this computer.",
    "keychain-locked": `${keychain.Your} is locked. Unlock it, then try again.`,
    "keychain-unavailable": `${keychain.Your} does not answer. Make sure that it is running, then try again.`,
    "key-file-consent": `${keychain.Your} cannot be used. You can keep this device’s key in a file, where it is less safe.`,
    "key-file-forbidden": `${keychain.Your} cannot be used, and this app keeps its key nowhere else.`,
    "path-not-allowed": "That address is not part of the API.",
    "body-too-large": "That is too much to send at once. Make it shorter.",
    "request-id-reused":
      "This was asked for before, and was not done a second time. Check what came of it before you try again.",
    "too-many-requests": "Too much is under way at the same time. Try again in a moment.",
    "password-too-short": "The new password is too short. Choose a longer one.",
    "password-too-long": "The new password is too long. Choose a shorter one.",
    "password-too-common": "Many people use that password, so it is easy to guess. Choose another.",
    "password-breached":
      "That password was stolen from another service. Choose another, and change it wherever you use it.",
    "second-factor-required": "The first step is done. Now the code from your phone is needed.",
    "enrolment-required": "Your account needs two-step sign-in first.",
    "wrong-code": "That code is not right. Try the next one that your app shows.",
    "code-used": "That code has been used. Each works once: use another.",
    "challenge-expired": "That took too long. Sign in again.",
    "invalid-code":
      "That code does not work here: it is wrong, too old, or from another server or device. Ask for a new one.",
    "malformed-code": "There is a slip in the code. Compare it with what you were given.",
    "code-for-factor":
      "That code is for the second step of signing in. Sign in, then enter it in the second step.",
    "forgot-unavailable": "The server sends no mail. The people who run it can give you a code.",
    "proof-required":
      "Your account needs two-step sign-in, and this app is too old for it. Install the newer version.",
    "confirmation-required": "Confirm first that it is you.",
    "factor-required": "Your account must have two-step sign-in.",
    "enrolment-expired": "That took too long, and nothing was changed. Begin again.",
    "nothing-pending": "That sign-in is no longer open. Sign in again.",
    "account-disabled": "This account has been disabled. Ask the people who run the server.",
    unexpected: "Something went wrong inside the app. Try again, or close it and open it again.",
  },
  throttledFor: (wait) => `There were too many attempts. Wait ${wait}, then try again.`,
  keysDiffer: (carried, named) =>
    `The server signs with the key ${named}, but this app knows ${carried}. It may be another server, or this app may be out of date. Tell the people who run the server.`,
  start: { heading: "The app could not start", retry: "Try again" },
  unknownDate: "an unknown date",
});
