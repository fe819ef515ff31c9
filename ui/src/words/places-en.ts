// The English sentences about a failure in a certain place.
import { browserInEn } from "./browser-en";
import type { Words } from "./words";

export const placesEn: Pick<Words, "afterCause" | "afterCauseUnsure" | "failuresIn"> = {
  afterCause: {
    factor: "Nothing was changed.",
    notice: "Your answer was not delivered.",
    "check-in-signed-in": "You stay signed in.",
    devices: "Your devices can be seen only while you are online. You stay signed in.",
    "change-password": "Your password has not been changed.",
    "end-session": "It is not certain that anything was signed out.",
  },
  afterCauseUnsure: {
    factor: "It is not certain that anything was changed. Look again when you are online.",
    "redeem-code":
      "It is not certain that your password was set: if the code no longer works, sign in with the new password.",
    "code-alone": "It is not certain that the code arrived. Use it here once more.",
    notice: "It is not certain that your answer arrived. Answer again.",
    "change-password": "Your password may have been changed or not: if the old one fails, the new one works.",
  },
  failuresIn: {
    ...browserInEn,
    "second-factor": {
      "server-unreachable": "No answer came from the server. Try again when you are online.",
      "code-used": "That code has been used. Wait for the next one that your app shows, or use another.",
    },
    "redeem-code": {
      "wrong-credentials": "That code does not work for this username. Check both.",
      "passwords-disabled":
        "This server uses no passwords any more. Use the code once more: it works without one.",
    },
    "code-alone": {
      "wrong-credentials": "That code does not work for this username. Check both.",
      "server-refused":
        "The server did not accept that. It may want a new password with the code: try once more.",
    },
    enrol: {
      "wrong-credentials": "That is not your password. Try again.",
      "invalid-code": "That code does not work for setting up. Ask for a new one.",
    },
    confirm: {
      "wrong-credentials": "That is not your password. Try again.",
      "code-used": "That code has been used. Wait for the next one that your app shows.",
      "server-unreachable": "The server cannot be reached just now. Try again when you are online.",
    },
    factor: {
      "factor-required": "Your account must have two-step sign-in, so it cannot be switched off.",
      "server-unreachable": "This can be seen and changed only while you are online. You stay signed in.",
      throttled: "There were too many attempts. Wait a moment, then try again. Nothing was changed.",
    },
    "lost-factor": {
      "wrong-credentials": "That is not your password. Try again.",
      "confirmation-required":
        "This device is new to your account. Ask on an older one, or a day after you first signed in here.",
      "factor-required": "Your account must have two-step sign-in. Ask the people who run the server.",
      "server-unreachable": "The server cannot be reached just now. Try again when you are online.",
    },
    notice: {
      "server-unreachable": "No answer came from the server, so it may not have heard yours. Try again.",
      "server-refused": "This has been answered on another device.",
    },
    "sign-out": {
      "not-kept": "The session could not be removed from this computer.",
    },
    "check-in-signed-in": {
      "server-unreachable": "The server cannot be reached just now. You stay signed in.",
      "server-unavailable": "The server cannot answer just now. You stay signed in.",
      "server-answer-invalid":
        "What answered was not your server. If this network has a sign-in page of its own, open it in a browser first. You stay signed in.",
      throttled: "The server asks for a little patience. You stay signed in.",
      "not-kept": "The session was renewed but could not be stored.",
    },
    "call-api": {
      "server-unreachable": "The server cannot be reached just now. Try again when you are online.",
    },
    devices: {
      "server-unreachable": "Your devices can be seen only while you are online. You stay signed in.",
    },
    "end-session": {
      "server-unreachable":
        "No answer came from the server, so it is not certain that anything was signed out. Try again when you are online.",
    },
    "change-password": {
      "wrong-credentials": "That is not your current password. Try again.",
      "server-unreachable":
        "No answer came from the server, so it is not certain that your password was changed. Try again when you are online.",
    },
  },
};
