import type { PeopleWords } from "./people";

export const peopleDe: PeopleWords = {
  forgot: {
    link: "Passwort vergessen?",
    linkWithout: "Ich kann mich nicht anmelden",
    heading: "Neues Passwort wählen",
    headingWithout: "Code anfordern",
    about: (server) => `Dafür brauchen Sie einen Code von ${server}.`,
    who: "Benutzername oder E-Mail-Adresse",
    whoMissing: "Geben Sie Ihren Benutzernamen oder Ihre E-Mail-Adresse ein.",
    submit: "Code zusenden",
    sent: (server, wait) =>
      `Wenn ${server} dieses Konto kennt, ist ein Code an dessen E-Mail-Adresse unterwegs. Er gilt ${wait}.`,
    again:
      "Der Code gilt nur auf diesem Gerät. Haben Sie ihn auf einem anderen angefordert oder diese App seitdem neu gestartet, fordern Sie einen neuen an.",
    askAgain: "Neuen Code anfordern",
    enter: "Code eingeben",
    noMail: (server) => `${server} verschickt keine E-Mails. Der Betreiber kann Ihnen einen Code geben.`,
    contact: "Fragen Sie hier:",
    contactUnknown: "Fragen Sie dort, wo Sie Ihr Konto bekommen haben.",
  },
  useCode: {
    link: "Ich habe einen Code",
    heading: "Code verwenden",
    about: (server) => `bei ${server}. Der Code eines anderen Servers gilt hier nicht.`,
    username: "Benutzername",
    usernameHint: "Mit einer Einladung bleibt dieses Feld leer.",
    usernameMissing: "Zu einem Code aus einer E-Mail gehört auch Ihr Benutzername.",
    code: "Code",
    codeHint: "Leerzeichen, Bindestriche und Kleinbuchstaben sind egal.",
    noPassword:
      "Der Code meldet Sie einmal an. Danach fügen Sie einen Weg zur Anmeldung hinzu, zum Beispiel einen Passkey.",
    faults: {
      missing: "Geben Sie den Code ein, den Sie bekommen haben.",
      "six-digits":
        "Sechs Ziffern sind ein Code Ihrer Authenticator-App. Danach wird später gefragt: Hier brauchen Sie den Code, den Sie bekommen haben.",
      character: "Darin ist ein Zeichen, das in keinem Code vorkommt. Vergleichen Sie ihn mit der Vorlage.",
      check: "Im Code ist ein Tippfehler. Vergleichen Sie ihn Zeichen für Zeichen mit der Vorlage.",
    },
    length: (characters) => `Ein Code hat 17 Zeichen, aus einer E-Mail 9. Dieser hat ${String(characters)}.`,
    elsewhere:
      "Ein Code aus einer E-Mail gilt nur auf dem Gerät, das ihn angefordert hat. War es ein anderes, oder haben Sie diese App seitdem neu gestartet? Fordern Sie einen neuen an.",
    submit: "Passwort setzen und anmelden",
  },
  secondFactor: {
    heading: "Code eingeben",
    about:
      "Der erste Schritt ist geschafft. Geben Sie nun die sechs Ziffern ein, die Ihre Authenticator-App zeigt.",
    code: "Code",
    recoveryAbout:
      "Geben Sie einen Ihrer Wiederherstellungscodes ein, von denen jeder einmal gilt, oder einen Code, den Sie für diesen Schritt bekommen haben.",
    recoveryCode: "Wiederherstellungscode",
    useRecovery: "Wiederherstellungscode verwenden",
    usePhone: "Code vom Telefon verwenden",
    missing: "Geben Sie den Code ein.",
    clock:
      "Geht die Uhr Ihres Telefons richtig? Die Codes hängen davon ab: Lassen Sie das Telefon die Zeit selbst einstellen.",
    lost: "Telefon und Wiederherstellungscodes verloren? Der Betreiber kann Ihnen einen Code für diesen Schritt geben.",
    submit: "Weiter",
    cancel: "Abbrechen",
  },
  enrol: {
    heading: "Anmeldung in zwei Schritten einrichten",
    required:
      "Ihr Konto verlangt bei jeder Anmeldung auch einen Code vom Telefon. Richten Sie das jetzt ein; es dauert eine Minute.",
    operatorCode: "Code zum Einrichten",
    operatorCodeAbout:
      "Damit sicher ist, dass Sie es sind, geben Sie den Code ein, den Sie dafür bekommen haben. Der Betreiber kann Ihnen einen geben.",
    password: "Geben Sie zuerst Ihr Passwort ein.",
    passwordMissing: "Geben Sie Ihr Passwort ein.",
    begin: "Weiter",
    scan: "Scannen Sie dieses Bild mit einer Authenticator-App auf Ihrem Telefon.",
    picture: "Das Bild zum Scannen mit Ihrer Authenticator-App",
    secret: "Oder tippen Sie diesen Schlüssel in die App:",
    copySecret: "Schlüssel kopieren",
    code: "Sechs Ziffern, die die App zeigt",
    submit: "Einschalten",
  },
  recovery: {
    heading: "Wiederherstellungscodes aufbewahren",
    about: "Wenn Ihr Telefon weg ist, meldet jeder davon Sie einmal an. Sie werden nur jetzt gezeigt.",
    list: "Wiederherstellungscodes",
    copy: "Kopieren",
    copied: "Kopiert.",
    save: "Speichern",
    saved: (path) => `Gespeichert als ${path}.`,
    notSaved: "Die Codes ließen sich nicht speichern. Kopieren Sie sie stattdessen.",
    notCopied: "Die Codes ließen sich nicht kopieren. Markieren und kopieren Sie sie.",
    print: "Drucken",
    kept: "Ich habe diese Codes sicher aufbewahrt",
    keepFirst: "Bewahren Sie die Codes zuerst auf und setzen Sie dann das Häkchen.",
    go: "Weiter",
    file: (product, username) => `Wiederherstellungscodes von ${username} für ${product}. Jeder gilt einmal.`,
  },
  factor: {
    heading: "Anmeldung in zwei Schritten",
    about: "Ein Code vom Telefon als zweiter Schritt: Der erste Schritt allein öffnet nichts.",
    off: "Die Anmeldung in zwei Schritten ist aus.",
    on: "Die Anmeldung in zwei Schritten ist an.",
    left: (count) =>
      count === 1
        ? "1 Wiederherstellungscode ist übrig."
        : `${String(count)} Wiederherstellungscodes sind übrig.`,
    few: "Erzeugen Sie neue, bevor sie ausgehen.",
    none: "Ohne Ihr Telefon könnten Sie sich nicht anmelden. Erzeugen Sie jetzt neue.",
    start: "Einschalten",
    anew: "Neue Wiederherstellungscodes",
    anewAsk: "Neue Wiederherstellungscodes erzeugen? Die alten gelten dann nicht mehr.",
    replace: "Anderes Telefon verwenden",
    stop: "Ausschalten",
    stopAsk:
      "Die Anmeldung in zwei Schritten ausschalten? Zum Anmelden genügt dann wieder der erste Schritt allein.",
    required: "Ihr Konto verlangt sie, daher lässt sie sich nicht ausschalten.",
    lost: "Telefon und Wiederherstellungscodes verloren? Lassen Sie sich einen Code für den zweiten Schritt geben, melden Sie sich ab und damit wieder an. Dann können Sie ein neues Telefon einrichten.",
    switchedOn:
      "Die Anmeldung in zwei Schritten ist an. Ab jetzt wird bei jeder Anmeldung ein Code verlangt.",
    switchedOff: "Die Anmeldung in zwei Schritten ist aus. Zum Anmelden genügt das Passwort allein.",
    endOthers: "Ihre anderen Geräte bleiben angemeldet. Wenn Sie nicht alle kennen, melden Sie sie ab.",
  },
  lostFactor: {
    open: "Ich habe mein Telefon nicht mehr",
    about:
      "Sind auch die Wiederherstellungscodes verloren, lässt sich die Anmeldung in zwei Schritten in 72 Stunden ausschalten. Alle Ihre Geräte erfahren davon, auch per E-Mail. Bis dahin kann jedes widersprechen.",
    submit: "In 72 Stunden ausschalten",
    asked:
      "Ihre anderen Geräte erfahren davon. Widerspricht keines, wird die Anmeldung in zwei Schritten ausgeschaltet.",
    pending: (date, distance) =>
      `Die Anmeldung in zwei Schritten wird am ${date} ausgeschaltet (${distance}), es sei denn, eines Ihrer Geräte widerspricht oder ein Code wird verwendet.`,
    cancel: "Abbrechen, sie bleibt an",
    cancelled: "Die Anmeldung in zwei Schritten bleibt an.",
  },
  confirm: {
    heading: "Bestätigen Sie, dass Sie es sind",
    about: {
      password: "Das hier ist wichtig. Geben Sie deshalb Ihr Passwort noch einmal ein.",
      browser: "Das hier ist wichtig. Melden Sie sich deshalb noch einmal im Browser an.",
      code: "Das hier ist wichtig. Geben Sie deshalb den Code ein, den Ihre Authenticator-App zeigt.",
      both: "Das hier ist wichtig. Geben Sie deshalb Ihr Passwort ein und den Code, den Ihre Authenticator-App zeigt.",
    },
    byPasskey: "Stattdessen einen Passkey verwenden",
    otherwise: "Keinen Passkey verwenden",
    submit: "Bestätigen",
    cancel: "Abbrechen",
    cancelled: "Sie haben nicht bestätigt, daher wurde nichts geändert.",
  },
  notices: {
    label: "Zu Ihrem Konto",
    heading: {
      "new-sign-in": (time) => `Neue Anmeldung, ${time}`,
      "wrong-factor": (time) => `Jemand kennt Ihr Passwort, ${time}`,
      "password-changed": (time) => `Ihr Passwort wurde geändert, ${time}`,
      "factor-changed": (time) => `Die Anmeldung in zwei Schritten wurde geändert, ${time}`,
      "code-used": (time) => `Ein Code wurde verwendet, ${time}`,
      "factor-removal": (time) => `Jemand will die Anmeldung in zwei Schritten ausschalten, ${time}`,
      "passkey-added": (time) => `Ein Passkey wurde hinzugefügt, ${time}`,
      "passkey-removed": (time) => `Ein Passkey wurde entfernt, ${time}`,
      "passkey-suspicious": (time) => `Ein Passkey wurde vielleicht kopiert, ${time}`,
      "account-linked": (time) => `Ein Firmenkonto wurde verknüpft, ${time}`,
      "code-made": (time) => `Der Service-Desk hat einen Code für Ihr Konto erzeugt, ${time}`,
      "account-changed": (time) => `Die Administration hat Ihr Konto geändert, ${time}`,
    },
    from: (address) => `Von ${address}`,
    newKey: "zum ersten Mal mit diesem Geräteschlüssel",
    calls: (name) => `Das Gerät nennt sich „${name}“.`,
    mine: "Das war ich",
    notMine: "Das war ich nicht",
    known: "Ich weiß davon",
    notKnown: "Das wollte ich nicht",
    elsewhere: "Antworten können Sie auf einem Gerät, das schon vorher angemeldet war.",
    close: "Schließen",
    answered: "Danke. Ihre anderen Geräte fragen nicht mehr danach.",
    ended: (count) =>
      count === 0
        ? "Es war keine Sitzung zu beenden."
        : count === 1
          ? "Diese Sitzung wurde beendet."
          : `${String(count)} Sitzungen wurden beendet.`,
    chooseNew: "Wählen Sie jetzt ein neues Passwort, denn vielleicht kennt jemand dieses.",
    checkWays: "Sehen Sie sich jetzt Ihre Wege zur Anmeldung an und entfernen Sie fremde.",
  },
  warnings: {
    lease: (date) =>
      `Ohne Kontakt zum Server können Sie bis ${date} weitermachen. Verbinden Sie sich vorher.`,
    absolute: (date) =>
      `Ihre Sitzung endet am ${date}. Melden Sie sich vorher neu an, dann wird nichts unterbrochen.`,
    factor: (date) => `Ab dem ${date} verlangt Ihr Konto die Anmeldung in zwei Schritten.`,
    factorNow: "Ihr Konto verlangt die Anmeldung in zwei Schritten.",
    signInAgain: "Jetzt neu anmelden",
    signInAgainAbout: "Was Sie in diesem Fenster gerade tun, bleibt, wie es ist.",
    checkNow: "Jetzt prüfen",
    setUp: "Jetzt einrichten",
  },
  ended: {
    passwordReset: (time) => `Ihr Passwort wurde am ${time} neu gesetzt. Waren Sie das nicht?`,
    by: (device, time) => `„${device}“ hat dieses Gerät am ${time} abgemeldet. Waren Sie das nicht?`,
    at: (time) => `Dieses Gerät wurde am ${time} abgemeldet. Waren Sie das nicht?`,
    notMe: (time) =>
      `Ein anderes Ihrer Geräte hat zu dieser Anmeldung „Das war ich nicht“ gesagt und sie am ${time} beendet. Waren Sie es doch, melden Sie sich wieder an.`,
    notYou: "Konto zurückholen",
  },
  desk: {
    heading: "Personen",
    roleLost:
      "Ihr Konto hat die Rolle dafür nicht mehr. Wenn Sie sie brauchen, wenden Sie sich an den Betreiber.",
    notLoaded: "Diese Ansicht konnte nicht geladen werden. Schließen Sie die App und öffnen Sie sie wieder.",
  },
  notifications: {
    label: "Auf dem Desktop benachrichtigen",
    about:
      "Wenn eine Sitzung bald endet oder Ihr Konto benutzt wurde und dieses Fenster nicht im Vordergrund ist.",
    used: "Mit Ihrem Konto ist etwas geschehen. Öffnen Sie das Fenster, um es zu sehen.",
    ends: "Ihre Sitzung endet bald. Öffnen Sie das Fenster, um sie fortzusetzen.",
  },
};
