import type { Words } from "./words";

export const de: Words = {
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
    endAsk: "Dieses Gerät abmelden? Danach wird dort wieder das Passwort verlangt.",
    endOthers: "Alle anderen Geräte abmelden",
    endOthersAsk: "Alle anderen Geräte abmelden? Danach wird dort wieder das Passwort verlangt.",
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
      keychain: "Im Schlüsselbund dieses Computers.",
      file: "In einer Datei, die nur Sie lesen können, weil dieser Computer keinen Schlüsselbund bietet.",
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
    signIn: "Mit Ihrem Passwort anmelden",
    signInAnew: "Neu anmelden",
    "lease-expired": {
      heading: "Verbinden Sie sich, um weiterzumachen",
      sentence:
        "Dieses Gerät hatte zu lange keinen Kontakt zum Server. Verbinden Sie sich einmal, um die Sitzung zu bestätigen. Ihr Passwort brauchen Sie dafür nicht.",
      retry: "Jetzt prüfen",
      retrying: "Wird geprüft …",
    },
    "keychain-locked": {
      heading: "Ihr Schlüsselbund ist gesperrt",
      sentence:
        "Darin liegt der Schlüssel zu Ihrer Sitzung. Entsperren Sie ihn und versuchen Sie es erneut. Es ist nichts verloren.",
      retry: "Erneut versuchen",
      retrying: "Wird geöffnet …",
    },
    "keychain-unavailable": {
      heading: "Ihr Schlüsselbund antwortet nicht",
      sentence:
        "Darin liegt der Schlüssel zu Ihrer Sitzung. Prüfen Sie, ob der Schlüsselbunddienst läuft, und versuchen Sie es erneut. Es ist nichts verloren.",
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
  },
  keyTrouble: {
    missing: {
      heading: "Ihr Schlüsselbund ist nicht da",
      sentence:
        "Der Schlüssel zu Ihrer Sitzung liegt im Schlüsselbund, und der Schlüsselbunddienst dieses Computers läuft nicht. Sobald er läuft, öffnet sich die App von selbst. Es ist nichts verloren.",
      failure: "Dieser Computer bietet gerade keinen Schlüsselbund.",
    },
    "never-set-up": {
      heading: "Es gibt noch keinen Schlüsselbund",
      sentence:
        "Der Schlüssel zu Ihrer Sitzung liegt in einem Schlüsselbund, und auf diesem Computer ist gerade keiner eingerichtet. Öffnen Sie Ihren, dann öffnet sich die App von selbst. Es ist nichts verloren.",
      failure: "Auf diesem Computer ist kein Schlüsselbund eingerichtet.",
    },
    locked: {
      heading: "Ihr Schlüsselbund ist gesperrt",
      sentence:
        "Darin liegt der Schlüssel zu Ihrer Sitzung. Entsperren Sie ihn und versuchen Sie es erneut. Es ist nichts verloren.",
      failure: "Ihr Schlüsselbund ist gesperrt. Entsperren Sie ihn und versuchen Sie es erneut.",
    },
    "no-prompter": {
      heading: "Ihr Schlüsselbund ist gesperrt",
      sentence:
        "Darin liegt der Schlüssel zu Ihrer Sitzung, und kein Programm hier kann Sie nach seinem Passwort fragen. Entsperren Sie ihn mit einem eigenen Werkzeug, dann öffnet sich die App von selbst. Es ist nichts verloren.",
      failure: "Ihr Schlüsselbund ist gesperrt, und kein Programm hier kann Sie nach seinem Passwort fragen.",
    },
    denied: {
      heading: "Ihr Schlüsselbund blieb gesperrt",
      sentence:
        "Darin liegt der Schlüssel zu Ihrer Sitzung, und die Frage nach seinem Passwort wurde ohne Antwort geschlossen. Versuchen Sie es erneut und geben Sie das Passwort des Schlüsselbunds ein. Es ist nichts verloren.",
      failure:
        "Ihr Schlüsselbund wurde nicht entsperrt: Die Frage nach seinem Passwort wurde ohne Antwort geschlossen.",
    },
    ambiguous: {
      heading: "Im Schlüsselbund liegen mehrere Schlüssel",
      sentence:
        "Ein anderes Programm hat den Eintrag dieser App im Schlüsselbund kopiert, und keine Kopie passt zu Ihrer Sitzung. Entfernen Sie die falschen und versuchen Sie es erneut, oder melden Sie sich mit Ihrem Passwort an.",
      failure: "Im Schlüsselbund liegen mehrere Einträge dieser App, und keiner davon passt.",
    },
    damaged: {
      heading: "Der Schlüssel im Schlüsselbund wurde verändert",
      sentence:
        "Ein anderes Programm hat den Eintrag dieser App im Schlüsselbund verändert; er ist kein Schlüssel mehr. Stellen Sie ihn wieder her und versuchen Sie es erneut, oder entfernen Sie ihn und melden Sie sich neu an.",
      failure:
        "Der Eintrag dieser App im Schlüsselbund wurde verändert und ist kein Schlüssel mehr. Stellen Sie ihn wieder her, oder entfernen Sie ihn.",
    },
    "no-answer": {
      heading: "Ihr Schlüsselbund antwortet nicht",
      sentence:
        "Darin liegt der Schlüssel zu Ihrer Sitzung. Prüfen Sie, ob der Schlüsselbunddienst läuft, und versuchen Sie es erneut. Es ist nichts verloren.",
      failure: "Ihr Schlüsselbund antwortet nicht. Prüfen Sie, ob er läuft, und versuchen Sie es erneut.",
    },
    failed: {
      heading: "Ihr Schlüsselbund lässt sich nicht öffnen",
      sentence:
        "Darin liegt der Schlüssel zu Ihrer Sitzung, und er meldet einen Fehler. Starten Sie den Schlüsselbunddienst neu und versuchen Sie es erneut. Es ist nichts verloren.",
      failure: "Ihr Schlüsselbund meldet einen Fehler. Starten Sie ihn neu und versuchen Sie es erneut.",
    },
    "file-unusable": {
      heading: "Der Schlüssel ist nicht lesbar",
      sentence:
        "Der Schlüssel zu Ihrer Sitzung liegt in einer Datei dieser App, die sie nicht lesen kann. Prüfen Sie, ob die Datei Ihnen gehört, und versuchen Sie es erneut. Es ist nichts verloren.",
      failure:
        "Die Datei mit dem Schlüssel zu Ihrer Sitzung ist nicht lesbar. Prüfen Sie, ob sie Ihnen gehört.",
    },
  },
  keyFile: {
    consent:
      "Der Schlüssel kann stattdessen in einer Datei liegen, wo er weniger sicher ist: Andere Programme können ihn kopieren.",
    forbidden: "Diese App legt ihren Schlüssel nur in einen Schlüsselbund.",
    signIn: "Mit Schlüsseldatei anmelden",
  },
  signedOut: {
    "signed-out": "Sie haben sich abgemeldet.",
    revoked:
      "Dieses Gerät wurde von anderer Stelle abgemeldet. Melden Sie sich wieder an, um weiterzumachen.",
    replaced:
      "Eine neuere Anmeldung von diesem Computer oder einer Kopie davon hat diese Sitzung abgelöst. Melden Sie sich wieder an, um weiterzumachen.",
    "session-ended": "Ihre Sitzung ist abgelaufen. Melden Sie sich wieder an, um weiterzumachen.",
    "device-changed":
      "Die gespeicherte Sitzung gehört zu einem anderen Gerät. Melden Sie sich an, um dieses zu nutzen.",
    "device-key-missing":
      "Der Schlüssel dieses Geräts fehlt. Die gespeicherte Sitzung ist daher nicht mehr nutzbar. Melden Sie sich wieder an.",
    "store-damaged":
      "Die gespeicherte Sitzung war nicht lesbar oder wurde verändert. Melden Sie sich wieder an.",
    "store-unreadable": "Die gespeicherte Sitzung ist zurzeit nicht lesbar. Sie wurde nicht verändert.",
  },
  failures: {
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
    "server-refused":
      "Der Server hat die Anfrage nicht angenommen. Wenn das öfter geschieht, wenden Sie sich an den Betreiber.",
    "not-signed-in": "Sie sind nicht angemeldet.",
    "session-held": "Das geht erst, wenn Ihre Sitzung bestätigt ist.",
    "session-over": "Ihre Sitzung ist beendet. Melden Sie sich wieder an.",
    "clock-wrong":
      "Die Uhr dieses Computers geht falsch. Stellen Sie Datum und Uhrzeit richtig ein und versuchen Sie es erneut.",
    "not-kept": "Das konnte auf diesem Computer nicht gespeichert werden.",
    "keychain-locked": "Ihr Schlüsselbund ist gesperrt. Entsperren Sie ihn und versuchen Sie es erneut.",
    "keychain-unavailable":
      "Ihr Schlüsselbund antwortet nicht. Prüfen Sie, ob er läuft, und versuchen Sie es erneut.",
    "key-file-consent":
      "Ihr Schlüsselbund ist nicht nutzbar. Der Schlüssel dieses Geräts kann in einer Datei liegen, wo er weniger sicher ist.",
    "key-file-forbidden":
      "Ihr Schlüsselbund ist nicht nutzbar, und diese App legt ihren Schlüssel nirgends sonst ab.",
    "path-not-allowed": "Diese Adresse gehört nicht zur API.",
    "body-too-large": "Das ist zu viel auf einmal. Kürzen Sie es.",
    "request-id-reused":
      "Das wurde schon einmal angefordert und nicht ein zweites Mal ausgeführt. Prüfen Sie, was daraus geworden ist, bevor Sie es erneut versuchen.",
    "too-many-requests": "Es läuft zu viel gleichzeitig. Versuchen Sie es gleich noch einmal.",
    "password-too-short": "Das neue Passwort ist zu kurz. Wählen Sie ein längeres.",
    "password-too-long": "Das neue Passwort ist zu lang. Wählen Sie ein kürzeres.",
    "password-too-common":
      "Dieses Passwort ist verbreitet und daher leicht zu erraten. Wählen Sie ein anderes.",
    unexpected:
      "In der App ist etwas schiefgegangen. Versuchen Sie es erneut, oder schließen und öffnen Sie die App.",
  },
  causes: {
    "no-network":
      "Dieser Computer hat keine Netzwerkverbindung. Verbinden Sie ihn und versuchen Sie es erneut.",
    "name-not-found":
      "Der Name des Servers wurde nicht gefunden. Prüfen Sie Ihre Verbindung. Wenn andere Seiten gehen, wenden Sie sich an den Betreiber.",
    "nothing-listening":
      "Unter der Adresse des Servers antwortet nichts. Vielleicht ist er ausgeschaltet. Versuchen Sie es später erneut.",
    "timed-out":
      "Der Server hat nicht rechtzeitig geantwortet. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.",
    "connection-lost": "Die Verbindung zum Server ist abgebrochen. Versuchen Sie es erneut.",
    "certificate-not-trusted":
      "Dieser Computer vertraut dem Zertifikat des Servers nicht. Vielleicht prüft ein Programm oder das Netz die Verbindungen. Wenden Sie sich an den Betreiber dieses Computers oder des Servers.",
    "certificate-wrong-name":
      "Das Zertifikat des Servers gilt für einen anderen Namen. Vielleicht antwortet nicht Ihr Server. Wenden Sie sich an den Betreiber.",
    "not-tls":
      "Was unter der Adresse des Servers antwortet, spricht kein TLS. Ihr Passwort wurde daher nicht gesendet. Wenden Sie sich an den Betreiber.",
    "not-http":
      "Was unter der Adresse des Servers antwortet, spricht kein HTTP. Nutzt der Server TLS, muss seine Adresse mit https:// beginnen.",
    "tls-failed":
      "Mit dem Server kam keine sichere Verbindung zustande. Wenn das öfter geschieht, wenden Sie sich an den Betreiber.",
    "proxy-unreachable":
      "Der Proxy in den Netzwerkeinstellungen dieses Computers ist nicht erreichbar. Prüfen Sie diese Einstellungen und versuchen Sie es erneut.",
    "proxy-auth-required":
      "Der Proxy dieses Netzes verlangt Benutzername und Passwort. Tragen Sie beides in die Proxy-Einstellungen dieses Computers ein.",
    "proxy-refused":
      "Der Proxy dieses Netzes stellt keine Verbindung zum Server her. Wenden Sie sich an den Betreiber des Netzes.",
    "proxy-unsupported":
      "Die Proxy-Einstellungen dieses Computers nennen etwas, das diese App nicht nutzen kann. Prüfen Sie diese Einstellungen und versuchen Sie es erneut.",
    other:
      "Die Verbindung zum Server ist fehlgeschlagen. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.",
  },
  clockCauses: {
    "certificate-expired": (clock) =>
      `Nach der Uhr dieses Computers ist das Zertifikat des Servers abgelaufen. Die Uhr zeigt ${clock}. Ist das falsch, stellen Sie das Datum richtig ein. Ist es richtig, wenden Sie sich an den Betreiber.`,
    "certificate-not-yet-valid": (clock) =>
      `Das Zertifikat des Servers gilt für eine andere Zeit. Die Uhr dieses Computers zeigt ${clock}. Stellen Sie Datum und Uhrzeit richtig ein und versuchen Sie es erneut.`,
  },
  afterCause: {
    "check-in-signed-in": "Sie bleiben angemeldet.",
    devices: "Sie bleiben angemeldet.",
    "change-password": "Ihr Passwort wurde nicht geändert.",
    "end-session": "Es wurde nichts abgemeldet.",
  },
  afterCauseUnsure: {
    "end-session": "Es ist nicht sicher, dass etwas abgemeldet wurde.",
    "change-password":
      "Ob Ihr Passwort geändert wurde, ist ungewiss: Wenn das alte nicht mehr gilt, gilt das neue.",
  },
  throttledFor: (wait) => `Das waren zu viele Versuche. Warten Sie ${wait} und versuchen Sie es dann erneut.`,
  keysDiffer: (carried, named) =>
    `Der Server signiert mit dem Schlüssel ${named}, diese App kennt aber ${carried}. Vielleicht ist es ein anderer Server, oder diese App ist veraltet. Wenden Sie sich an den Betreiber.`,
  storage: {
    "disk-full": "Der Datenträger ist voll. Schaffen Sie Platz und versuchen Sie es erneut.",
    "quota-exceeded":
      "Ihr Anteil am Speicherplatz ist aufgebraucht. Löschen Sie etwas und versuchen Sie es erneut.",
    "read-only":
      "Der Datenträger ist schreibgeschützt. Heben Sie den Schutz auf und versuchen Sie es erneut.",
    "owned-by-root":
      "Der Ordner dieser App oder eine Datei darin gehört dem Administrator (root), etwa weil die App einmal mit sudo gestartet wurde. Machen Sie sich wieder zum Eigentümer (chown) und versuchen Sie es erneut.",
    "owned-by-other":
      "Der Ordner dieser App oder eine Datei darin gehört einem anderen Benutzer dieses Computers. Machen Sie sich zum Eigentümer und versuchen Sie es erneut.",
    "not-permitted":
      "Die Zugriffsrechte am Ordner dieser App lassen das nicht zu. Erlauben Sie sich dort das Lesen und Schreiben und versuchen Sie es erneut.",
    locked:
      "Ein anderes Programm hält die Datei fest. Schließen Sie andere Fenster dieser App und versuchen Sie es erneut.",
    changed:
      "Ein anderes Fenster dieser App hat die Datei im selben Moment geändert. Versuchen Sie es erneut.",
    "not-plain-file":
      "An der Stelle der Datei liegt etwas anderes: eine Verknüpfung, ein Ordner oder ein Gerät. Räumen Sie es beiseite und versuchen Sie es erneut.",
    "too-large":
      "Die Datei ist größer, als diese App sie je anlegt. Räumen Sie sie beiseite und versuchen Sie es erneut.",
    "disk-error":
      "Der Datenträger meldet einen Fehler. Prüfen Sie, ob er noch angeschlossen und in Ordnung ist, und versuchen Sie es erneut.",
    internal: "Die App ist gescheitert, bevor sie zur Datei kam. Schließen und öffnen Sie sie.",
  },
  failuresIn: {
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
  start: { heading: "Die App konnte nicht starten", retry: "Erneut versuchen" },
  unknownDate: "ein unbekanntes Datum",
};
