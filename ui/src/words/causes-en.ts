import type { CauseWords } from "./causes";
import type { KeychainEn } from "./keychain";

export const causesEn = (keychain: KeychainEn): CauseWords => ({
  secretErrors: {
    missing: {
      heading: `${keychain.Your} is not there`,
      sentence: `The key to your session is in ${keychain.your}, and this computer’s ${keychain.name} service is not running. Once it runs, the app opens by itself. Nothing has been lost.`,
      failure: `This computer offers no ${keychain.name} just now.`,
    },
    "never-set-up": {
      heading: `There is no ${keychain.name} yet`,
      sentence: `The key to your session is in ${keychain.a}, and none is set up on this computer just now. Open the one you use, and the app opens by itself. Nothing has been lost.`,
      failure: `No ${keychain.name} is set up on this computer.`,
    },
    locked: {
      heading: `${keychain.Your} is locked`,
      sentence: "The key to your session is in it. Unlock it and try again. Nothing has been lost.",
      failure: `${keychain.Your} is locked. Unlock it, then try again.`,
    },
    "no-prompter": {
      heading: `${keychain.Your} is locked`,
      sentence: `The key to your session is in it, and no program here can ask you for its password. Unlock it with a ${keychain.name} tool of your own, and the app opens by itself. Nothing has been lost.`,
      failure: `${keychain.Your} is locked, and no program here can ask you for its password.`,
    },
    denied: {
      heading: `${keychain.Your} stayed locked`,
      sentence:
        "The key to your session is in it, and the question for its password was closed without an answer. Try again and enter the password. Nothing has been lost.",
      failure: `${keychain.Your} was not unlocked: the question for its password was closed without an answer.`,
    },
    ambiguous: {
      heading: `${keychain.Your} holds several keys`,
      sentence: `Another program has copied this app’s entry in ${keychain.your}, and no copy fits your session. Remove the wrong ones and try again, or sign in again.`,
      failure: `${keychain.Your} holds several entries of this app, and none of them fits.`,
    },
    damaged: {
      heading: `The key in ${keychain.your} was changed`,
      sentence: `Another program has changed this app’s entry in ${keychain.your}, and it is no key any more. Restore the entry and try again, or remove it and sign in again.`,
      failure: `This app’s entry in ${keychain.your} was changed and is no key any more. Restore or remove it.`,
    },
    "no-answer": {
      heading: `${keychain.Your} does not answer`,
      sentence: `The key to your session is in it. Make sure that the computer’s ${keychain.name} service is running, then try again. Nothing has been lost.`,
      failure: `${keychain.Your} does not answer. Make sure that it is running, then try again.`,
    },
    failed: {
      heading: `${keychain.Your} could not be opened`,
      sentence: `The key to your session is in it, and it reports an error. Restart the computer’s ${keychain.name} service, then try again. Nothing has been lost.`,
      failure: `${keychain.Your} reports an error. Restart it, then try again.`,
    },
    "file-unusable": {
      heading: "The key cannot be read",
      sentence:
        "The key to your session is in a file of this app’s that it cannot read. Check that the file belongs to you, then try again. Nothing has been lost.",
      failure: "The file with the key to your session cannot be read. Check that it belongs to you.",
    },
  },
  causes: {
    "no-network": "This computer has no network. Connect it, then try again.",
    "name-not-found":
      "The server’s name was not found. Check your connection. If other sites work, tell the people who run the server.",
    "nothing-listening":
      "The server cannot be reached: nothing answers at its address. It may be switched off. Try again later.",
    "timed-out": "The server did not answer in time. Check your connection, then try again.",
    "connection-lost": "The connection to the server was lost. Try again.",
    "certificate-not-trusted":
      "This computer does not trust the server’s certificate. A program or a network that inspects connections may be in between. Tell the people who run this computer or the server.",
    "certificate-wrong-name":
      "The server’s certificate is for another name. What answers may not be your server. Tell the people who run it.",
    "not-tls":
      "What answers at the server’s address does not speak TLS, so your password was not sent. Tell the people who run the server.",
    "not-http":
      "What answers at the server’s address does not speak HTTP. If the server uses TLS, its address must begin with https://.",
    "tls-failed":
      "No secure connection to the server could be agreed on. Tell the people who run it if this keeps happening.",
    "proxy-unreachable":
      "The proxy in this computer’s network settings cannot be reached. Check these settings, then try again.",
    "proxy-auth-required":
      "The proxy of this network asks for a user name and a password. Add them to this computer’s proxy settings.",
    "proxy-refused":
      "The proxy of this network does not connect to the server. Tell the people who run the network.",
    "proxy-unsupported":
      "This computer’s proxy settings name something that this app cannot use. Check these settings, then try again.",
    other: "The connection to the server failed. Check your connection, then try again.",
  },
  clockCauses: {
    "certificate-expired": (clock) =>
      `By this computer’s clock the server’s certificate has expired. The clock says ${clock}. If that is wrong, set the right date. If it is right, tell the people who run the server.`,
    "certificate-not-yet-valid": (clock) =>
      `The server’s certificate is for another time. This computer’s clock says ${clock}. Set the right date and time, then try again.`,
  },
  storage: {
    "disk-full": "The disk is full. Free some space, then try again.",
    "quota-exceeded": "Your share of the disk is used up. Delete something, then try again.",
    "read-only": "The disk is read-only. Make it writable, then try again.",
    "owned-by-root":
      "The folder of this app, or a file in it, belongs to the administrator (root), as happens when the app is started once with sudo. Make yourself its owner again (chown), then try again.",
    "owned-by-other":
      "The folder of this app, or a file in it, belongs to another user of this computer. Make yourself its owner, then try again.",
    "not-permitted":
      "The permissions of the folder of this app do not allow it. Allow yourself to read and write there, then try again.",
    locked: "Another program holds the file. Close other windows of this app, then try again.",
    changed: "Another window of this app has changed the file at the same moment. Try again.",
    "not-plain-file":
      "Something else lies in the place of the file: a link, a folder or a device. Move it away, then try again.",
    "too-large": "The file is larger than this app ever makes it. Move it away, then try again.",
    "disk-error": "The disk reports an error. Check whether it is still connected and sound, then try again.",
    internal: "The app failed before it came to the file. Close it and open it again.",
  },
});
