import type { Words } from "./words";

export const en: Words = {
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
    start: "Starting…",
    "sign-in": "Signing in…",
    "sign-out": "Signing out…",
    "check-in": "Checking…",
    "call-api": "Calling…",
  },
  signedIn: {
    session: "Session",
    since: "Signed in since",
    offlineUntil: "Works offline until",
    email: "Email",
    checkIn: "Check now",
    confirmed: "Confirmed with the server just now.",
    notKept:
      "You are signed in, but only until this window closes: the session could not be stored. Check whether the disk is full or read-only.",
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
  device: {
    heading: "This device",
    id: "Device id",
    idSource: {
      machine: "Made for this app from the computer’s machine id, which never leaves it.",
      installation: "A random id of this installation, because the computer has no machine id.",
    },
    key: "Key fingerprint",
    keyPlace: "The key is kept",
    keyPlaces: {
      keychain: "In this computer’s keychain.",
      file: "In a file only you can read, because this computer offers no keychain.",
    },
    server: "Server",
    version: "Version",
    noId: "Not known yet",
    noKey: "Not made yet",
  },
  held: {
    signOut: "Sign out instead",
    "lease-expired": {
      heading: "Connect to carry on",
      sentence:
        "This device has been without contact to the server for too long. Connect once to confirm that the session still stands. You will not need your password.",
      retry: "Check now",
      retrying: "Checking…",
    },
    "keychain-locked": {
      heading: "Your keychain is locked",
      sentence: "The key to your session is in it. Unlock it and try again. Nothing has been lost.",
      retry: "Try again",
      retrying: "Opening…",
    },
    "keychain-unavailable": {
      heading: "Your keychain does not answer",
      sentence:
        "The key to your session is in it. Make sure that the computer’s keychain service is running, then try again. Nothing has been lost.",
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
  },
  signedOut: {
    "signed-out": "You have signed out.",
    revoked: "This device was signed out from elsewhere. Sign in again to carry on.",
    "session-ended": "Your session has come to its end. Sign in again to carry on.",
    "device-changed": "The stored session belongs to another device. Sign in to use this one.",
    "device-key-missing":
      "This device’s key is gone, so the stored session can no longer be used. Sign in again.",
    "store-damaged": "The stored session could not be read, or was changed. Sign in again.",
  },
  failures: {
    "wrong-credentials": "That username and password do not match. Try again.",
    "credentials-missing": "Enter your username and your password.",
    throttled: "There were too many attempts. Wait a few minutes, then try again.",
    "server-unreachable": "The server cannot be reached. Check your connection, then try again.",
    "server-unavailable": "The server cannot answer just now. Try again in a moment.",
    "server-answer-invalid":
      "The answer did not come from your server. If this network has a sign-in page of its own, open it in a browser first, then try again.",
    "server-refused":
      "The server did not accept the request. If this keeps happening, tell the people who run it.",
    "not-signed-in": "You are not signed in.",
    "session-held": "That has to wait until your session has been confirmed.",
    "session-over": "Your session has ended. Sign in again.",
    "clock-wrong": "This computer’s clock is wrong. Set the right date and time, then try again.",
    "not-kept":
      "This could not be stored on this computer. Check whether the disk is full or read-only, then try again.",
    "keychain-locked": "Your keychain is locked. Unlock it, then try again.",
    "keychain-unavailable": "Your keychain does not answer. Make sure that it is running, then try again.",
    "path-not-allowed": "That address is not part of the API.",
    unexpected: "Something went wrong inside the app. Try again, or close it and open it again.",
  },
  failuresIn: {
    "sign-out": {
      "not-kept":
        "The session could not be removed from this computer. Check whether the disk is read-only, then try again.",
    },
    "check-in-signed-in": {
      "server-unreachable": "The server cannot be reached just now. You stay signed in.",
      "server-unavailable": "The server cannot answer just now. You stay signed in.",
      "server-answer-invalid":
        "What answered was not your server. If this network has a sign-in page of its own, open it in a browser first. You stay signed in.",
      throttled: "The server asks for a little patience. You stay signed in.",
      "not-kept":
        "The session was renewed but could not be stored. Check whether the disk is full or read-only.",
    },
    "call-api": {
      "server-unreachable": "The server cannot be reached just now. Try again when you are online.",
    },
  },
  start: { heading: "The app could not start", retry: "Try again" },
  unknownDate: "an unknown date",
};
