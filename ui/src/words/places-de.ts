// The German sentences about a failure in a certain place.
import { browserInDe } from "./browser-de";
import type { Words } from "./words";

export const placesDe: Pick<Words, "afterCause" | "afterCauseUnsure" | "failuresIn"> = {
  afterCause: {
    factor: "Es wurde nichts geändert.",
    notice: "Ihre Antwort kam nicht an.",
    "check-in-signed-in": "Sie bleiben angemeldet.",
    devices: "Ihre Geräte sind nur zu sehen, wenn Sie online sind. Sie bleiben angemeldet.",
    "change-password": "Ihr Passwort wurde nicht geändert.",
    "end-session": "Es ist nicht sicher, dass etwas abgemeldet wurde.",
  },
  afterCauseUnsure: {
    factor: "Es ist nicht sicher, ob etwas geändert wurde. Sehen Sie nach, wenn Sie online sind.",
    "redeem-code":
      "Es ist nicht sicher, ob Ihr Passwort gesetzt wurde: Wenn der Code nicht mehr gilt, melden Sie sich mit dem neuen Passwort an.",
    "code-alone": "Es ist nicht sicher, ob der Code ankam. Senden Sie ihn hier noch einmal.",
    notice: "Es ist nicht sicher, ob Ihre Antwort ankam. Antworten Sie noch einmal.",
    "change-password":
      "Ob Ihr Passwort geändert wurde, ist ungewiss: Wenn das alte nicht mehr gilt, gilt das neue.",
  },
  failuresIn: {
    ...browserInDe,
    "second-factor": {
      "server-unreachable": "Vom Server kam keine Antwort. Versuchen Sie es erneut, wenn Sie online sind.",
      "code-used":
        "Dieser Code wurde schon verwendet. Warten Sie auf den nächsten, den Ihre App zeigt, oder nehmen Sie einen anderen.",
    },
    "redeem-code": {
      "wrong-credentials": "Dieser Code gilt nicht für diesen Benutzernamen. Prüfen Sie beide.",
      "passwords-disabled":
        "Dieser Server verwendet keine Passwörter mehr. Senden Sie den Code noch einmal: Er gilt auch ohne.",
    },
    "code-alone": {
      "wrong-credentials": "Dieser Code gilt nicht für diesen Benutzernamen. Prüfen Sie beide.",
      "server-refused":
        "Der Server hat das nicht angenommen. Vielleicht will er zum Code ein neues Passwort: Versuchen Sie es noch einmal.",
    },
    enrol: {
      "wrong-credentials": "Das ist nicht Ihr Passwort. Versuchen Sie es erneut.",
      "invalid-code": "Dieser Code gilt nicht zum Einrichten. Lassen Sie sich einen neuen geben.",
    },
    confirm: {
      "wrong-credentials": "Das ist nicht Ihr Passwort. Versuchen Sie es erneut.",
      "code-used": "Dieser Code wurde schon verwendet. Warten Sie auf den nächsten, den Ihre App zeigt.",
      "server-unreachable":
        "Der Server ist gerade nicht erreichbar. Versuchen Sie es erneut, wenn Sie online sind.",
    },
    factor: {
      "factor-required":
        "Ihr Konto verlangt die Anmeldung in zwei Schritten, daher lässt sie sich nicht ausschalten.",
      "server-unreachable":
        "Das ist nur zu sehen und zu ändern, wenn Sie online sind. Sie bleiben angemeldet.",
      throttled:
        "Das waren zu viele Versuche. Warten Sie einen Moment und versuchen Sie es dann erneut. Es wurde nichts geändert.",
    },
    "lost-factor": {
      "wrong-credentials": "Das ist nicht Ihr Passwort. Versuchen Sie es erneut.",
      "confirmation-required":
        "Dieses Gerät ist für Ihr Konto neu. Fragen Sie auf einem älteren, oder einen Tag nach der ersten Anmeldung hier.",
      "factor-required": "Ihr Konto verlangt die Anmeldung in zwei Schritten. Fragen Sie den Betreiber.",
      "server-unreachable":
        "Der Server ist gerade nicht erreichbar. Versuchen Sie es erneut, wenn Sie online sind.",
    },
    notice: {
      "server-unreachable":
        "Vom Server kam keine Antwort, vielleicht hat er Ihre nicht bekommen. Versuchen Sie es erneut.",
      "server-refused": "Das wurde auf einem anderen Gerät beantwortet.",
    },
    "sign-out": {
      "not-kept": "Die Sitzung konnte nicht von diesem Computer entfernt werden.",
    },
    "check-in-signed-in": {
      "server-unreachable": "Der Server ist gerade nicht erreichbar. Sie bleiben angemeldet.",
      "server-unavailable": "Der Server kann gerade nicht antworten. Sie bleiben angemeldet.",
      "server-answer-invalid":
        "Geantwortet hat nicht Ihr Server. Wenn dieses Netz eine eigene Anmeldeseite hat, öffnen Sie sie zuerst im Browser. Sie bleiben angemeldet.",
      throttled: "Der Server bittet um etwas Geduld. Sie bleiben angemeldet.",
      "not-kept": "Die Sitzung wurde verlängert, konnte aber nicht gespeichert werden.",
    },
    "call-api": {
      "server-unreachable":
        "Der Server ist gerade nicht erreichbar. Versuchen Sie es erneut, wenn Sie online sind.",
    },
    devices: {
      "server-unreachable": "Ihre Geräte sind nur zu sehen, wenn Sie online sind. Sie bleiben angemeldet.",
    },
    "end-session": {
      "server-unreachable":
        "Vom Server kam keine Antwort. Es ist daher nicht sicher, dass etwas abgemeldet wurde. Versuchen Sie es erneut, wenn Sie online sind.",
    },
    "change-password": {
      "wrong-credentials": "Das ist nicht Ihr aktuelles Passwort. Versuchen Sie es erneut.",
      "server-unreachable":
        "Vom Server kam keine Antwort. Es ist daher nicht sicher, dass Ihr Passwort geändert wurde. Versuchen Sie es erneut, wenn Sie online sind.",
    },
  },
};
