// The English words for the system's browser and for passkeys.
import type { BrowserFailureCode, BrowserWords } from "./browser";
import type { Words } from "./words";

export const browserEn: BrowserWords = {
  browser: {
    or: "or",
    passkey: "Sign in with a passkey",
    provider: (name) => `Sign in with ${name}`,
    any: "Sign in in the browser",
    heading: "Continue in your browser",
    here: {
      waiting: "Your browser should open now. Continue there, and come back here when you are done.",
      opened: "The page is open in your browser. Continue there.",
      finished: "You are done in the browser. Follow the link on its page back to this window.",
      ready: "The browser has answered. One moment…",
      done: "That worked.",
    },
    other: {
      waiting: "Scan the picture with the other device, or open the address there.",
      opened: "The page is open on the other device. Continue there.",
      finished: "You are done on the other device. Enter the characters that it shows.",
      ready: "Checking the characters. One moment…",
      done: "That worked.",
    },
    left: (wait) => `${wait} left`,
    notOpened: {
      "no-browser":
        "No browser was found on this computer. Open the address yourself, or use another device.",
      "over-ssh":
        "You use this computer over the network, and it has no screen for a browser. Use another device.",
      "no-display": "There is no screen that a browser could open on. Use another device.",
      "inside-windows":
        "Linux runs inside Windows here, and its browser did not open. Copy the address into a browser in Windows.",
      failed: "Your browser did not open. Copy the address into a browser on this computer.",
    },
    openAgain: "Open the page again",
    open: "Open the browser",
    copy: "Copy the address",
    copied: "The address is copied. Paste it into a browser on this computer.",
    address: "The address of the page",
    picture: "The address of the page as a QR code, for the camera of another device",
    warning:
      "No one will ever ask you for these characters. Enter them only here, and only if you began this.",
    characters: "Characters from the other device",
    charactersHint: "Eight letters and digits, for example 7M2K-Q01X.",
    pasted: "Address of the last page",
    pastedHint: "It begins with http://127.0.0.1. Copy it from the browser.",
    pastedOpen: "The browser could not show the last page",
    missing: "Enter what the browser shows.",
    submit: "Continue",
    otherDevice: "Use another device",
    thisDevice: "Use the browser on this computer",
    anew: "Begin again",
    cancel: "Cancel",
    close: "Back to the sign-in",
  },
  otherAccount: {
    heading: "Change the account?",
    about: (there, here) =>
      here === null
        ? `In the browser you signed in as ${there}. That is not the account of this window.`
        : `In the browser you signed in as ${there}. This window belongs to ${here}.`,
    note: "If you change, the other session on this computer ends. In the browser you stay signed in either way.",
    replace: (name) => `Continue as ${name}`,
    keep: "Keep the present account",
  },
  ways: {
    heading: "Ways to sign in",
    about: "How you get into your account. It is wise to have more than one.",
    add: "Add a way to sign in",
    afterCode: "Your code works only once. With one of these you need no other one.",
    later: "Later",
    links: "Linked accounts",
    linksAbout: "Sign in with an account that you have elsewhere, for example at your company.",
    link: (provider) => `Link an account at ${provider}`,
    linkAnother: (provider) => `Link another account at ${provider}`,
    linking: "Sign in in your browser with the account that you want to link. It counts from then on.",
    linked: "The account is linked. All your devices are told.",
    unlinked: "The account is not linked any more.",
    unlinkNamed: (provider) => `Remove the link to ${provider}`,
    unlinkAsk: (provider) => `Remove it? Your account at ${provider} no longer signs you in then.`,
    since: (date) => `Linked ${date}`,
    used: (distance) => `last used ${distance}`,
    unused: "not used yet",
    gone: "This server does not know that provider any more, so the account no longer signs you in.",
  },
  passkeys: {
    heading: "Passkeys",
    about:
      "A passkey signs you in without a password: with your fingerprint, your face, the PIN of your device or a security key.",
    none: "You have no passkey yet.",
    add: "Add a passkey",
    adding: "Add the passkey in your browser, then give it a name here. It counts from then on.",
    name: "Name of the passkey",
    nameAbout: "The passkey was made. Give it a name that you recognise it by. It counts from then on.",
    nameMissing: "Give the passkey a name.",
    finish: "Keep the passkey",
    rename: "Rename",
    renameNamed: (name) => `Rename ${name}`,
    save: "Save",
    remove: "Remove",
    removeNamed: (name) => `Remove ${name}`,
    removeAsk: "Remove it? It no longer signs you in then.",
    cancel: "Cancel",
    added: "The passkey works now. All your devices are told.",
    renamed: "The passkey has its new name.",
    removed: "The passkey is removed. All your devices are told.",
    since: (date) => `Added ${date}`,
    used: (distance) => `last used ${distance}`,
    unused: "not used yet",
    synced: "Copied to your other devices by your browser or your system",
    suspicious: "It may have been copied: its counter went back. Remove it if that was not you.",
    unavailable: {
      address: "Passkeys need a server with a name. The address of this one is a number.",
      "not-secure": "Passkeys need a server with a secure connection (https).",
      other: "This server does not offer passkeys.",
    },
  },
};

export const browserWaitingEn: Pick<Words["waiting"], "browser" | "passkeys"> = {
  browser: "Preparing the browser…",
  passkeys: "Asking the server…",
};

export const browserFailuresEn: Record<BrowserFailureCode, string> = {
  "browser-unavailable": "The server does not offer that way in any more. Choose another.",
  "browser-not-opened": "The browser did not open. Copy its address, or use another device.",
  "browser-expired": "That took too long, or a newer try has taken its place. Begin again.",
  "browser-refused": "You said no in the browser, so nothing has happened.",
  "browser-failed": "Something went wrong in the browser, and the fault is the server’s. Try again.",
  "wrong-result": "What came from the browser is not right. Compare it with what its page shows.",
  "other-device-off":
    "This server does not allow another device here. Use the browser on this computer, or ask the people who run the server.",
  "provider-away":
    "The account provider cannot be reached just now. Try again there, or take another way in.",
  "provider-refused":
    "The account provider did not confirm who you are, or you said no there. Try again there.",
  "account-not-allowed": "That account may not use this app. Choose another one in the browser.",
  "account-unknown": "No account here belongs to that. Ask the people who run the server.",
  "link-needed":
    "An account with that address or name exists here already. Sign in to it another way and link this account there, or ask the people who run the server.",
  "other-account": "You signed in with an account other than the one of this window.",
  "too-many-passkeys": "You have as many passkeys as an account may have. Remove one first.",
  "passkey-taken": "That passkey belongs to an account already. Add another one.",
  "linked-elsewhere":
    "That provider’s account belongs to another account here. Choose another one, or ask the people who run the server.",
  "last-way": "That is your last way to sign in. Add another one first, then remove this one.",
  "passwords-disabled": "This server uses no passwords any more. Choose another way to sign in.",
};

export const browserInEn: Words["failuresIn"] = {
  browser: {
    "malformed-code": "There is a slip in the characters. Compare them with what the browser shows.",
    "nothing-pending":
      "This app does not wait for a browser any more: it may have been closed in the meantime. Begin again.",
    "server-unreachable": "The server cannot be reached just now. This goes on as soon as it can.",
  },
  passkeys: {
    "server-unreachable": "This can be seen and changed only while you are online. You stay signed in.",
    "server-refused": "The server refuses this. It may not offer passkeys.",
    "browser-unavailable": "This server does not offer passkeys any more.",
    "browser-expired": "That took too long, so no passkey was added. Begin again.",
    "browser-refused": "You said no in the browser, so no passkey was added.",
    "nothing-pending": "That passkey is no longer waiting. Begin again.",
  },
  links: {
    "server-unreachable": "This can be seen and changed only while you are online. You stay signed in.",
    "browser-unavailable": "This server does not offer that any more.",
    "browser-expired": "That took too long, so nothing was linked. Begin again.",
    "browser-refused": "You said no in the browser, so nothing was linked.",
  },
};
