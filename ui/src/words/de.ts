import { browserDe, browserFailuresDe, browserWaitingDe } from "./browser-de";
import { causesDe } from "./causes-de";
import type { KeychainDe } from "./keychain";
import { peopleDe } from "./people-de";
import { placesDe } from "./places-de";
import type { Words } from "./words";

export const german = (keychain: KeychainDe): Words => ({
  ...causesDe(keychain),
  ...peopleDe,
  ...placesDe,
  ...browserDe,
  locale: "de-DE",
  product: "Latchkey",
  signIn: {
    heading: "Anmelden",
    to: (server) => `bei ${server}`,
    username: "Benutzername",
    password: "Passwort",
    show: "Zeigen",
    hide: "Verbergen",
    showPassword: "Passwort zeigen",
    hidePassword: "Passwort verbergen",
    passwordShown: "Ihr Passwort ist sichtbar.",
    passwordHidden: "Ihr Passwort ist verborgen.",
    capsLock: "Die Feststelltaste ist aktiv.",
    submit: "Anmelden",
  },
  waiting: {
    ...browserWaitingDe,
    "second-factor": "Wird geprüft …",
    enrol: "Wird vorbereitet …",
    "redeem-code": "Wird angemeldet …",
    "cancel-sign-in": "Wird abgebrochen …",
    "forgot-password": "Wird angefordert …",
    confirm: "Wird geprüft …",
    factor: "Wird vorbereitet …",
    options: "Der Server wird gefragt …",
    start: "Wird gestartet …",
    "sign-in": "Wird angemeldet …",
    "sign-out": "Wird abgemeldet …",
    "check-in": "Wird geprüft …",
    "call-api": "Wird abgerufen …",
    devices: "Die Geräte werden geladen …",
    end: "Wird abgemeldet …",
    "change-password": "Wird geändert …",
  },
  signedIn: {
    session: "Sitzung",
    account: "Ihr Konto",
    since: "Angemeldet seit",
    offlineUntil: "Offline nutzbar bis",
    email: "E-Mail",
    checkIn: "Jetzt prüfen",
    confirmed: "Gerade vom Server bestätigt.",
    notKept:
      "Sie sind angemeldet, aber nur bis dieses Fenster geschlossen wird: Die Sitzung konnte nicht gespeichert werden.",
    signOut: "Abmelden",
    signOutOffline: "Sie sind offline. Um sich wieder anzumelden, brauchen Sie den Server.",
  },
  connection: {
    label: "Verbindung",
    checking: "Wird geprüft …",
    online: "Online",
    offline: "Offline",
    offlineUntil: (date) => `Offline – nutzbar bis ${date}`,
  },
  api: {
    heading: "Ausprobieren",
    about: "Ruft beim Server eine Seite ab, die eine Anmeldung verlangt.",
    call: "API aufrufen",
    refused: (status) => `Der Server hat mit dem Status ${status} geantwortet.`,
    empty: "Der Server hat ohne Text geantwortet.",
  },
  back: "Zurück",
  devices: {
    heading: "Geräte",
    about: "Hier sind Sie mit diesem Konto angemeldet.",
    this: "Dieses Gerät",
    earlier: "Dieser Computer, früher",
    tidy: "Frühere Sitzungen dieses Computers abmelden",
    tidyAsk: (count) =>
      count === 1
        ? "Die eine Sitzung mit dem Vermerk „Dieser Computer, früher“ abmelden? Dieses Gerät bleibt angemeldet."
        : `Die ${String(count)} Sitzungen mit dem Vermerk „Dieser Computer, früher“ abmelden? Dieses Gerät bleibt angemeldet.`,
    tidied: "Die früheren Sitzungen dieses Computers wurden abgemeldet.",
    unnamed: "Ein Gerät ohne Namen",
    since: (date) => `Angemeldet seit ${date}`,
    seen: (distance) => `Zuletzt gesehen: ${distance}`,
    offlineUntil: (date) => `Offline nutzbar bis ${date}`,
    from: (address) => `Von ${address}`,
    end: "Abmelden",
    endNamed: (device) => `${device} abmelden`,
    endAsk: "Dieses Gerät abmelden? Danach ist dort eine neue Anmeldung nötig.",
    endOthers: "Alle anderen Geräte abmelden",
    endOthersAsk: "Alle anderen Geräte abmelden? Danach ist dort eine neue Anmeldung nötig.",
    cancel: "Abbrechen",
    onlyThis: "Sie sind nur auf diesem Gerät angemeldet.",
    ended: "Das Gerät wurde abgemeldet. Ist es offline, erfährt es davon, sobald es wieder online ist.",
    othersEnded:
      "Alle anderen Geräte wurden abgemeldet. Geräte, die offline sind, erfahren davon, sobald sie wieder online sind.",
    retry: "Erneut versuchen",
  },
  change: {
    heading: "Passwort ändern",
    about: "Auf diesem Gerät bleiben Sie angemeldet.",
    current: "Aktuelles Passwort",
    chosen: "Neues Passwort",
    advice: "Am besten sind einige Wörter, die Sie sich merken können.",
    rule: (length) =>
      `Mindestens ${length} Zeichen. Am besten sind einige Wörter, die Sie sich merken können.`,
    tooShort: (length) => `Das neue Passwort braucht mindestens ${length} Zeichen.`,
    strength: {
      short: "Zu kurz",
      weak: "Schwach – leicht zu erraten",
      fair: "Mittel – länger ist besser",
      strong: "Stark",
    },
    endOthers: "Alle anderen Geräte abmelden",
    endOthersAbout: "Ohne dieses Häkchen bleiben Ihre anderen Geräte angemeldet.",
    submit: "Passwort ändern",
    done: "Ihr Passwort wurde geändert. Ihre anderen Geräte bleiben angemeldet.",
    doneOthersEnded: "Ihr Passwort wurde geändert. Alle anderen Geräte wurden abgemeldet.",
    currentMissing: "Geben Sie Ihr aktuelles Passwort ein.",
    chosenMissing: "Geben Sie ein neues Passwort ein.",
    same: "Das neue Passwort ist das aktuelle. Wählen Sie ein anderes.",
  },
  device: {
    copy: "Für den Support kopieren",
    copied: "Kopiert. Passwörter und Schlüssel sind nicht dabei.",
    copyByHand: "Markieren und kopieren Sie diesen Text:",
    heading: "Dieses Gerät",
    id: "Gerätekennung",
    idSource: {
      machine: "Für diese App aus der Maschinenkennung gebildet, die den Computer nie verlässt.",
      installation:
        "Eine zufällige Kennung dieser Installation, weil der Computer keine Maschinenkennung hat.",
    },
    key: "Fingerabdruck des Schlüssels",
    keyPlace: "Der Schlüssel liegt",
    keyPlaces: {
      keychain: `${keychain.In} dieses Computers.`,
      file: `In einer Datei, die nur Sie lesen können, weil dieser Computer ${keychain.noneObject} bietet.`,
    },
    server: "Server",
    version: "Version",
    shared: "Der Schlüssel wird geteilt",
    sharedWith: (count) =>
      count === 1
        ? "Ein anderer Computer oder ein anderes System mit demselben Benutzerordner ist mit demselben Schlüssel angemeldet."
        : `${String(count)} andere Computer oder Systeme mit demselben Benutzerordner sind mit demselben Schlüssel angemeldet.`,
    noId: "Noch nicht bekannt",
    noKey: "Keiner, bis Sie sich anmelden",
  },
  held: {
    signOut: "Stattdessen abmelden",
    signIn: "Neu anmelden",
    signInAnew: "Neu anmelden",
    signInOtherwise: "Auf andere Weise anmelden",
    signInHere: "Hier neu anmelden",
    signInHereAsk:
      "Hier neu anmelden? Die Sitzung der neueren Version wird beiseitegelegt. Sie wird nicht gelöscht, aber diese App nutzt sie nicht mehr.",
    "lease-expired": {
      heading: "Verbinden Sie sich, um weiterzumachen",
      sentence:
        "Dieses Gerät hatte zu lange keinen Kontakt zum Server. Verbinden Sie sich einmal, um die Sitzung zu bestätigen. Ihr Passwort brauchen Sie dafür nicht.",
      retry: "Jetzt prüfen",
      retrying: "Wird geprüft …",
    },
    "keychain-locked": {
      heading: `${keychain.Your} ist gesperrt`,
      sentence: `Darin liegt der Schlüssel zu Ihrer Sitzung. Entsperren Sie ${keychain.itObject} und versuchen Sie es erneut. Es ist nichts verloren.`,
      retry: "Erneut versuchen",
      retrying: "Wird geöffnet …",
    },
    "keychain-unavailable": {
      heading: `${keychain.Your} antwortet nicht`,
      sentence: `Darin liegt der Schlüssel zu Ihrer Sitzung. Prüfen Sie, ob der ${keychain.service} läuft, und versuchen Sie es erneut. Es ist nichts verloren.`,
      retry: "Erneut versuchen",
      retrying: "Wird geöffnet …",
    },
    "clock-moved-back": {
      heading: "Die Uhr wurde zurückgestellt",
      sentence:
        "Die Uhr dieses Computers zeigt eine frühere Zeit als zuvor. Deshalb lässt sich die Sitzung nicht ohne den Server prüfen. Stellen Sie Datum und Uhrzeit richtig ein, oder verbinden Sie sich und prüfen Sie jetzt.",
      retry: "Jetzt prüfen",
      retrying: "Wird geprüft …",
    },
    "session-unknown": {
      heading: "Der Server kennt diese Sitzung nicht",
      sentence:
        "Sie wurden nicht abgemeldet. Vielleicht ist es ein anderer Server, oder seine Daten sind auf einem früheren Stand. Versuchen Sie es später erneut, oder melden Sie sich neu an.",
      retry: "Erneut versuchen",
      retrying: "Wird geprüft …",
    },
    "provider-sign-in-required": {
      heading: "Ihre Firma bittet um eine neue Anmeldung",
      sentence:
        "Sie haben sich mit dem Konto Ihrer Firma angemeldet, und die Firma hat diese Sitzung nicht bestätigt. Melden Sie sich noch einmal mit diesem Konto an, um weiterzumachen. Es ist nichts verloren.",
      retry: "Erneut prüfen",
      retrying: "Wird geprüft …",
    },
    "store-unreadable": {
      heading: "Ihre Sitzung ist nicht lesbar",
      sentence:
        "Sie ist auf diesem Computer gespeichert, aber zurzeit nicht lesbar. Sie wurde nicht verändert.",
      retry: "Erneut versuchen",
      retrying: "Wird geöffnet …",
    },
    "store-newer": {
      heading: "Installieren Sie die neuere Version",
      sentence:
        "Eine neuere Version dieser App hat Ihre Sitzung gespeichert, und diese Version kann sie nicht lesen. Installieren Sie die neuere Version, um weiterzumachen. Es ist nichts verloren.",
      retry: "Erneut versuchen",
      retrying: "Wird geöffnet …",
    },
    "device-id-unavailable": {
      heading: "Die Kennung dieses Computers ist nicht lesbar",
      sentence:
        "Ihre Sitzung gehört zu diesem Computer, und seine Kennung ist zurzeit nicht lesbar. Es ist nichts verloren.",
      retry: "Erneut versuchen",
      retrying: "Wird geöffnet …",
    },
    "factor-required": {
      heading: "Anmeldung in zwei Schritten einrichten",
      sentence:
        "Der Betreiber verlangt sie, und die Zeit dafür ist abgelaufen. Richten Sie sie ein und machen Sie weiter, wo Sie waren. Es ist nichts verloren.",
      retry: "Erneut prüfen",
      retrying: "Wird geprüft …",
    },
  },
  keyFile: {
    consent:
      "Der Schlüssel kann stattdessen in einer Datei liegen, wo er weniger sicher ist: Andere Programme können ihn kopieren.",
    forbidden: `Diese App legt ihren Schlüssel nur in ${keychain.a}.`,
    signIn: "Mit Schlüsseldatei anmelden",
    send: "Zusenden, mit Schlüsseldatei",
  },
  signedOut: {
    "signed-out": "Sie haben sich abgemeldet.",
    revoked:
      "Dieses Gerät wurde von anderer Stelle abgemeldet. Melden Sie sich wieder an, um weiterzumachen.",
    replaced:
      "Eine neuere Anmeldung von diesem Computer oder einer Kopie davon hat diese Sitzung abgelöst. Melden Sie sich wieder an, um weiterzumachen.",
    "password-reset":
      "Ihr Passwort wurde von anderer Stelle neu gesetzt. Melden Sie sich mit dem neuen an, um weiterzumachen.",
    "ended-by-device":
      "Ein anderes Ihrer Geräte hat dieses abgemeldet. Melden Sie sich wieder an, um weiterzumachen.",
    "not-me":
      "Ein anderes Ihrer Geräte hat zu dieser Anmeldung „Das war ich nicht“ gesagt. Waren Sie es doch, melden Sie sich wieder an.",
    "provider-logout":
      "Das Konto Ihrer Firma wurde abgemeldet. Melden Sie sich wieder an, um weiterzumachen.",
    "session-ended": "Ihre Sitzung ist abgelaufen. Melden Sie sich wieder an, um weiterzumachen.",
    "device-changed":
      "Die gespeicherte Sitzung gehört zu einem anderen Gerät. Melden Sie sich an, um dieses zu nutzen.",
    "device-key-missing":
      "Der Schlüssel dieses Geräts fehlt. Die gespeicherte Sitzung ist daher nicht mehr nutzbar. Melden Sie sich wieder an.",
    "store-damaged":
      "Die gespeicherte Sitzung war nicht lesbar oder wurde verändert. Melden Sie sich wieder an.",
  },
  failures: {
    ...browserFailuresDe,
    "wrong-credentials": "Benutzername und Passwort passen nicht zusammen. Versuchen Sie es erneut.",
    "credentials-missing": "Geben Sie Ihren Benutzernamen und Ihr Passwort ein.",
    throttled: "Das waren zu viele Versuche. Warten Sie einen Moment und versuchen Sie es dann erneut.",
    "server-unreachable":
      "Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.",
    "server-unavailable": "Der Server kann gerade nicht antworten. Versuchen Sie es gleich noch einmal.",
    "server-answer-invalid":
      "Die Antwort kam nicht von Ihrem Server. Wenn dieses Netz eine eigene Anmeldeseite hat, öffnen Sie sie zuerst im Browser und versuchen Sie es dann erneut.",
    "server-key-unknown":
      "Der Server signiert mit einem anderen Schlüssel, als diese App kennt. Vielleicht ist es ein anderer Server, oder diese App ist veraltet.",
    "session-unknown": "Der Server kennt diese Sitzung weiterhin nicht.",
    "provider-sign-in-required": "Ihre Firma bittet weiterhin um eine neue Anmeldung.",
    "server-refused":
      "Der Server hat die Anfrage nicht angenommen. Wenn das öfter geschieht, wenden Sie sich an den Betreiber.",
    "not-signed-in": "Sie sind nicht angemeldet.",
    "session-held": "Das geht erst, wenn Ihre Sitzung bestätigt ist.",
    "session-over": "Ihre Sitzung ist beendet. Melden Sie sich wieder an.",
    "sign-in-in-progress":
      "Eine andere Anmeldung läuft bereits. Warten Sie, bis sie fertig ist, und versuchen Sie es dann erneut.",
    superseded:
      "Diese Anmeldung wurde abgebrochen, weil Sie sich inzwischen abgemeldet haben. Melden Sie sich wieder an.",
    "store-newer":
      "Eine neuere Version dieser App hat Ihre Sitzung gespeichert. Installieren Sie diese Version, oder melden Sie sich hier neu an.",
    "clock-wrong":
      "Die Uhr dieses Computers geht falsch. Stellen Sie Datum und Uhrzeit richtig ein und versuchen Sie es erneut.",
    "not-kept": "Das konnte auf diesem Computer nicht gespeichert werden.",
    "keychain-locked": `${keychain.Your} ist gesperrt. Entsperren Sie ${keychain.itObject} und versuchen Sie es erneut.`,
    "keychain-unavailable": `${keychain.Your} antwortet nicht. Prüfen Sie, ob ${keychain.it} läuft, und versuchen Sie es erneut.`,
    "key-file-consent": `${keychain.Your} ist nicht nutzbar. Der Schlüssel dieses Geräts kann in einer Datei liegen, wo er weniger sicher ist.`,
    "key-file-forbidden": `${keychain.Your} ist nicht nutzbar, und diese App legt ihren Schlüssel nirgends sonst ab.`,
    "path-not-allowed": "Diese Adresse gehört nicht zur API.",
    "body-too-large": "Das ist zu viel auf einmal. Kürzen Sie es.",
    "request-id-reused":
      "Das wurde schon einmal angefordert und nicht ein zweites Mal ausgeführt. Prüfen Sie, was daraus geworden ist, bevor Sie es erneut versuchen.",
    "too-many-requests": "Es läuft zu viel gleichzeitig. Versuchen Sie es gleich noch einmal.",
    "password-too-short": "Das neue Passwort ist zu kurz. Wählen Sie ein längeres.",
    "password-too-long": "Das neue Passwort ist zu lang. Wählen Sie ein kürzeres.",
    "password-too-common":
      "Dieses Passwort ist verbreitet und daher leicht zu erraten. Wählen Sie ein anderes.",
    "password-breached":
      "Dieses Passwort wurde bei einem anderen Dienst gestohlen. Wählen Sie ein anderes, und ändern Sie es überall, wo Sie es verwenden.",
    "second-factor-required": "Der erste Schritt ist geschafft. Nun wird der Code vom Telefon verlangt.",
    "enrolment-required": "Ihr Konto verlangt zuerst die Anmeldung in zwei Schritten.",
    "wrong-code": "Dieser Code stimmt nicht. Versuchen Sie den nächsten, den Ihre App zeigt.",
    "code-used": "Dieser Code wurde schon verwendet. Jeder gilt einmal: Nehmen Sie einen anderen.",
    "challenge-expired": "Das hat zu lange gedauert. Melden Sie sich noch einmal an.",
    "invalid-code":
      "Dieser Code gilt hier nicht: Er ist falsch, zu alt oder von einem anderen Server oder Gerät. Fordern Sie einen neuen an.",
    "malformed-code": "Im Code ist ein Tippfehler. Vergleichen Sie ihn mit der Vorlage.",
    "code-for-factor":
      "Dieser Code ist für den zweiten Schritt der Anmeldung. Melden Sie sich an und geben Sie ihn im zweiten Schritt ein.",
    "forgot-unavailable": "Der Server verschickt keine E-Mails. Der Betreiber kann Ihnen einen Code geben.",
    "proof-required":
      "Ihr Konto verlangt die Anmeldung in zwei Schritten, und diese App ist zu alt dafür. Installieren Sie die neuere Version.",
    "confirmation-required": "Bestätigen Sie zuerst, dass Sie es sind.",
    "factor-required": "Ihr Konto verlangt die Anmeldung in zwei Schritten.",
    "enrolment-expired": "Das hat zu lange gedauert, und es wurde nichts geändert. Beginnen Sie noch einmal.",
    "nothing-pending": "Diese Anmeldung ist nicht mehr offen. Melden Sie sich noch einmal an.",
    "account-disabled": "Dieses Konto wurde deaktiviert. Wenden Sie sich an den Betreiber.",
    unexpected:
      "In der App ist etwas schiefgegangen. Versuchen Sie es erneut, oder schließen und öffnen Sie die App.",
  },
  throttledFor: (wait) => `Das waren zu viele Versuche. Warten Sie ${wait} und versuchen Sie es dann erneut.`,
  keysDiffer: (carried, named) =>
    `Der Server signiert mit dem Schlüssel ${named}, diese App kennt aber ${carried}. Vielleicht ist es ein anderer Server, oder diese App ist veraltet. Wenden Sie sich an den Betreiber.`,
  start: { heading: "Die App konnte nicht starten", retry: "Erneut versuchen" },
  unknownDate: "ein unbekanntes Datum",
});
