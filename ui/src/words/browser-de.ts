// The German words for the system's browser and for passkeys.
import type { BrowserFailureCode, BrowserWords } from "./browser";
import type { Words } from "./words";

export const browserDe: BrowserWords = {
  browser: {
    or: "oder",
    passkey: "Mit einem Passkey anmelden",
    provider: (name) => `Mit ${name} anmelden`,
    any: "Im Browser anmelden",
    heading: "Weiter im Browser",
    here: {
      waiting: "Ihr Browser sollte sich jetzt öffnen. Machen Sie dort weiter und kommen Sie dann zurück.",
      opened: "Die Seite ist in Ihrem Browser geöffnet. Machen Sie dort weiter.",
      finished: "Im Browser sind Sie fertig. Folgen Sie dort dem Link zurück in dieses Fenster.",
      ready: "Der Browser hat geantwortet. Einen Moment…",
      done: "Das hat geklappt.",
    },
    other: {
      waiting: "Scannen Sie das Bild mit dem anderen Gerät oder öffnen Sie dort die Adresse.",
      opened: "Die Seite ist auf dem anderen Gerät geöffnet. Machen Sie dort weiter.",
      finished: "Auf dem anderen Gerät sind Sie fertig. Geben Sie die Zeichen ein, die es zeigt.",
      ready: "Die Zeichen werden geprüft. Einen Moment…",
      done: "Das hat geklappt.",
    },
    left: (wait) => `Noch ${wait}`,
    notOpened: {
      "no-browser":
        "Auf diesem Computer wurde kein Browser gefunden. Öffnen Sie die Adresse selbst oder nehmen Sie ein anderes Gerät.",
      "over-ssh":
        "Sie benutzen diesen Computer über das Netz, und er hat keinen Bildschirm für einen Browser. Nehmen Sie ein anderes Gerät.",
      "no-display":
        "Es gibt keinen Bildschirm, auf dem sich ein Browser öffnen könnte. Nehmen Sie ein anderes Gerät.",
      "inside-windows":
        "Linux läuft hier in Windows, und dessen Browser hat sich nicht geöffnet. Kopieren Sie die Adresse in einen Browser in Windows.",
      failed:
        "Ihr Browser hat sich nicht geöffnet. Kopieren Sie die Adresse in einen Browser auf diesem Computer.",
    },
    openAgain: "Seite noch einmal öffnen",
    open: "Browser öffnen",
    copy: "Adresse kopieren",
    copied: "Die Adresse ist kopiert. Fügen Sie sie in einen Browser auf diesem Computer ein.",
    address: "Die Adresse der Seite",
    picture: "Die Adresse der Seite als QR-Code, für die Kamera eines anderen Geräts",
    warning:
      "Niemand wird Sie je nach diesen Zeichen fragen. Geben Sie sie nur hier ein, und nur, wenn Sie das hier begonnen haben.",
    characters: "Zeichen vom anderen Gerät",
    charactersHint: "Acht Buchstaben und Ziffern, zum Beispiel 7M2K-Q01X.",
    pasted: "Adresse der letzten Seite",
    pastedHint: "Sie beginnt mit http://127.0.0.1. Kopieren Sie sie aus dem Browser.",
    pastedOpen: "Der Browser konnte die letzte Seite nicht zeigen",
    missing: "Geben Sie ein, was der Browser zeigt.",
    submit: "Weiter",
    otherDevice: "Ein anderes Gerät benutzen",
    thisDevice: "Den Browser auf diesem Computer benutzen",
    anew: "Neu beginnen",
    cancel: "Abbrechen",
    close: "Zurück zur Anmeldung",
  },
  otherAccount: {
    heading: "Konto wechseln?",
    about: (there, here) =>
      here === null
        ? `Im Browser haben Sie sich als ${there} angemeldet. Das ist nicht das Konto dieses Fensters.`
        : `Im Browser haben Sie sich als ${there} angemeldet. Dieses Fenster gehört zu ${here}.`,
    note: "Wenn Sie wechseln, endet die andere Sitzung auf diesem Computer. Im Browser bleiben Sie in jedem Fall angemeldet.",
    replace: (name) => `Weiter als ${name}`,
    keep: "Beim jetzigen Konto bleiben",
  },
  ways: {
    heading: "Wege zur Anmeldung",
    about: "So kommen Sie in Ihr Konto. Am besten haben Sie mehr als einen Weg.",
    add: "Weg zur Anmeldung hinzufügen",
    afterCode: "Ihr Code galt nur einmal. Mit einem dieser Wege brauchen Sie keinen weiteren.",
    later: "Später",
    links: "Verknüpfte Konten",
    linksAbout: "Melden Sie sich mit einem Konto an, das Sie anderswo haben, zum Beispiel in Ihrer Firma.",
    link: (provider) => `Konto bei ${provider} verknüpfen`,
    linkAnother: (provider) => `Weiteres Konto bei ${provider} verknüpfen`,
    linking:
      "Melden Sie sich im Browser mit dem Konto an, das Sie verknüpfen wollen. Ab dann gilt die Verknüpfung.",
    linked: "Das Konto ist verknüpft. Alle Ihre Geräte erfahren davon.",
    unlinked: "Das Konto ist nicht mehr verknüpft.",
    unlinkNamed: (provider) => `Verknüpfung mit ${provider} entfernen`,
    unlinkAsk: (provider) =>
      `Entfernen? Mit Ihrem Konto bei ${provider} können Sie sich dann nicht mehr anmelden.`,
    since: (date) => `Verknüpft ${date}`,
    used: (distance) => `zuletzt benutzt ${distance}`,
    unused: "noch nicht benutzt",
    gone: "Dieser Server kennt den Anbieter nicht mehr. Das Konto meldet Sie daher nicht mehr an.",
  },
  passkeys: {
    heading: "Passkeys",
    about:
      "Mit einem Passkey melden Sie sich ohne Passwort an: mit Fingerabdruck, Gesicht, der PIN Ihres Geräts oder einem Sicherheitsschlüssel.",
    none: "Sie haben noch keinen Passkey.",
    add: "Passkey hinzufügen",
    adding:
      "Fügen Sie den Passkey in Ihrem Browser hinzu und geben Sie ihm dann hier einen Namen. Ab dann gilt er.",
    name: "Name des Passkeys",
    nameAbout:
      "Der Passkey ist erstellt. Geben Sie ihm einen Namen, an dem Sie ihn erkennen. Ab dann gilt er.",
    nameMissing: "Geben Sie dem Passkey einen Namen.",
    finish: "Passkey behalten",
    rename: "Umbenennen",
    renameNamed: (name) => `${name} umbenennen`,
    save: "Speichern",
    remove: "Entfernen",
    removeNamed: (name) => `${name} entfernen`,
    removeAsk: "Entfernen? Damit können Sie sich dann nicht mehr anmelden.",
    cancel: "Abbrechen",
    added: "Der Passkey gilt jetzt. Alle Ihre Geräte erfahren davon.",
    renamed: "Der Passkey hat seinen neuen Namen.",
    removed: "Der Passkey ist entfernt. Alle Ihre Geräte erfahren davon.",
    since: (date) => `Hinzugefügt ${date}`,
    used: (distance) => `zuletzt benutzt ${distance}`,
    unused: "noch nicht benutzt",
    synced: "Von Ihrem Browser oder System auf Ihre anderen Geräte kopiert",
    suspicious:
      "Er wurde vielleicht kopiert: Sein Zähler lief rückwärts. Entfernen Sie ihn, wenn Sie das nicht waren.",
    unavailable: {
      address: "Passkeys brauchen einen Server mit einem Namen. Die Adresse von diesem ist eine Zahl.",
      "not-secure": "Passkeys brauchen einen Server mit einer sicheren Verbindung (https).",
      other: "Dieser Server bietet keine Passkeys an.",
    },
  },
};

export const browserWaitingDe: Pick<Words["waiting"], "browser" | "passkeys"> = {
  browser: "Der Browser wird vorbereitet…",
  passkeys: "Der Server wird gefragt…",
};

export const browserFailuresDe: Record<BrowserFailureCode, string> = {
  "browser-unavailable": "Diesen Weg bietet der Server nicht mehr an. Wählen Sie einen anderen.",
  "browser-not-opened":
    "Der Browser hat sich nicht geöffnet. Kopieren Sie die Adresse oder nehmen Sie ein anderes Gerät.",
  "browser-expired": "Das hat zu lange gedauert, oder ein neuerer Versuch hat es ersetzt. Beginnen Sie neu.",
  "browser-refused": "Sie haben im Browser abgelehnt, daher ist nichts geschehen.",
  "browser-failed":
    "Im Browser ging etwas schief, und der Fehler liegt beim Server. Versuchen Sie es erneut.",
  "wrong-result": "Was vom Browser kam, stimmt nicht. Vergleichen Sie es mit dem, was seine Seite zeigt.",
  "other-device-off":
    "Dieser Server erlaubt hier kein anderes Gerät. Nehmen Sie den Browser auf diesem Computer oder fragen Sie den Betreiber.",
  "provider-away":
    "Der Anbieter des Kontos ist gerade nicht erreichbar. Versuchen Sie es dort erneut oder nehmen Sie einen anderen Weg.",
  "provider-refused":
    "Der Anbieter des Kontos hat nicht bestätigt, wer Sie sind, oder Sie haben dort Nein gesagt. Versuchen Sie es dort erneut.",
  "account-not-allowed": "Dieses Konto darf die App nicht benutzen. Wählen Sie im Browser ein anderes.",
  "account-unknown": "Dazu gibt es hier kein Konto. Wenden Sie sich an den Betreiber.",
  "link-needed":
    "Ein Konto mit dieser Adresse oder diesem Namen gibt es hier schon. Melden Sie sich dort auf einem anderen Weg an und verknüpfen Sie dieses Konto, oder fragen Sie den Betreiber.",
  "other-account": "Sie haben sich mit einem anderen Konto angemeldet als dem dieses Fensters.",
  "too-many-passkeys": "Sie haben so viele Passkeys, wie ein Konto haben kann. Entfernen Sie zuerst einen.",
  "passkey-taken": "Dieser Passkey gehört schon zu einem Konto. Fügen Sie einen anderen hinzu.",
  "linked-elsewhere":
    "Das Konto des Anbieters gehört hier schon zu einem anderen Konto. Wählen Sie ein anderes oder fragen Sie den Betreiber.",
  "last-way":
    "Das ist Ihr letzter Weg zur Anmeldung. Fügen Sie zuerst einen anderen hinzu, dann entfernen Sie diesen.",
  "passwords-disabled":
    "Dieser Server verwendet keine Passwörter mehr. Wählen Sie einen anderen Weg zur Anmeldung.",
};

export const browserInDe: Words["failuresIn"] = {
  browser: {
    "malformed-code": "Die Zeichen enthalten einen Fehler. Vergleichen Sie sie mit der Anzeige im Browser.",
    "nothing-pending":
      "Diese App wartet nicht mehr auf einen Browser: Vielleicht wurde sie inzwischen geschlossen. Beginnen Sie neu.",
    "server-unreachable": "Der Server ist gerade nicht erreichbar. Sobald er es ist, geht es weiter.",
  },
  passkeys: {
    "server-unreachable": "Das ist nur zu sehen und zu ändern, wenn Sie online sind. Sie bleiben angemeldet.",
    "server-refused": "Der Server lehnt das ab. Vielleicht bietet er keine Passkeys an.",
    "browser-unavailable": "Dieser Server bietet keine Passkeys mehr an.",
    "browser-expired": "Das hat zu lange gedauert, daher wurde kein Passkey hinzugefügt. Beginnen Sie neu.",
    "browser-refused": "Sie haben im Browser abgelehnt, daher wurde kein Passkey hinzugefügt.",
    "nothing-pending": "Dieser Passkey wartet nicht mehr. Beginnen Sie neu.",
  },
  links: {
    "server-unreachable": "Das ist nur zu sehen und zu ändern, wenn Sie online sind. Sie bleiben angemeldet.",
    "browser-unavailable": "Dieser Server bietet das nicht mehr an.",
    "browser-expired": "Das hat zu lange gedauert, daher wurde nichts verknüpft. Beginnen Sie neu.",
    "browser-refused": "Sie haben im Browser abgelehnt, daher wurde nichts verknüpft.",
  },
};
