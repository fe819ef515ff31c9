import type { CauseWords } from "./causes";
import type { KeychainDe } from "./keychain";

export const causesDe = (keychain: KeychainDe): CauseWords => ({
  secretErrors: {
    missing: {
      heading: `${keychain.Your} ist nicht da`,
      sentence: `Der Schlüssel zu Ihrer Sitzung liegt ${keychain.in}, und der ${keychain.service} dieses Computers läuft nicht. Sobald er läuft, öffnet sich die App von selbst. Es ist nichts verloren.`,
      failure: `Dieser Computer bietet gerade ${keychain.noneObject}.`,
    },
    "never-set-up": {
      heading: `Es gibt noch ${keychain.noneObject}`,
      sentence: `Der Schlüssel zu Ihrer Sitzung liegt ${keychain.inA}, und auf diesem Computer ist gerade ${keychain.noneAlone} eingerichtet. Öffnen Sie ${keychain.yours}, dann öffnet sich die App von selbst. Es ist nichts verloren.`,
      failure: `Auf diesem Computer ist ${keychain.none} eingerichtet.`,
    },
    locked: {
      heading: `${keychain.Your} ist gesperrt`,
      sentence: `Darin liegt der Schlüssel zu Ihrer Sitzung. Entsperren Sie ${keychain.itObject} und versuchen Sie es erneut. Es ist nichts verloren.`,
      failure: `${keychain.Your} ist gesperrt. Entsperren Sie ${keychain.itObject} und versuchen Sie es erneut.`,
    },
    "no-prompter": {
      heading: `${keychain.Your} ist gesperrt`,
      sentence: `Darin liegt der Schlüssel zu Ihrer Sitzung, und kein Programm hier kann Sie nach ${keychain.its} Passwort fragen. Entsperren Sie ${keychain.itObject} mit einem eigenen Werkzeug, dann öffnet sich die App von selbst. Es ist nichts verloren.`,
      failure: `${keychain.Your} ist gesperrt, und kein Programm hier kann Sie nach ${keychain.its} Passwort fragen.`,
    },
    denied: {
      heading: `${keychain.Your} blieb gesperrt`,
      sentence: `Darin liegt der Schlüssel zu Ihrer Sitzung, und die Frage nach ${keychain.its} Passwort wurde ohne Antwort geschlossen. Versuchen Sie es erneut und geben Sie das Passwort ein. Es ist nichts verloren.`,
      failure: `${keychain.Your} wurde nicht entsperrt: Die Frage nach ${keychain.its} Passwort wurde ohne Antwort geschlossen.`,
    },
    ambiguous: {
      heading: `${keychain.In} liegen mehrere Schlüssel`,
      sentence: `Ein anderes Programm hat den Eintrag dieser App ${keychain.in} kopiert, und keine Kopie passt zu Ihrer Sitzung. Entfernen Sie die falschen und versuchen Sie es erneut, oder melden Sie sich neu an.`,
      failure: `${keychain.In} liegen mehrere Einträge dieser App, und keiner davon passt.`,
    },
    damaged: {
      heading: `Der Schlüssel ${keychain.in} wurde verändert`,
      sentence: `Ein anderes Programm hat den Eintrag dieser App ${keychain.in} verändert; er ist kein Schlüssel mehr. Stellen Sie ihn wieder her und versuchen Sie es erneut, oder entfernen Sie ihn und melden Sie sich neu an.`,
      failure: `Der Eintrag dieser App ${keychain.in} wurde verändert und ist kein Schlüssel mehr. Stellen Sie ihn wieder her, oder entfernen Sie ihn.`,
    },
    "no-answer": {
      heading: `${keychain.Your} antwortet nicht`,
      sentence: `Darin liegt der Schlüssel zu Ihrer Sitzung. Prüfen Sie, ob der ${keychain.service} läuft, und versuchen Sie es erneut. Es ist nichts verloren.`,
      failure: `${keychain.Your} antwortet nicht. Prüfen Sie, ob ${keychain.it} läuft, und versuchen Sie es erneut.`,
    },
    failed: {
      heading: `${keychain.Your} lässt sich nicht öffnen`,
      sentence: `Darin liegt der Schlüssel zu Ihrer Sitzung, und ${keychain.it} meldet einen Fehler. Starten Sie den ${keychain.service} neu und versuchen Sie es erneut. Es ist nichts verloren.`,
      failure: `${keychain.Your} meldet einen Fehler. Starten Sie ${keychain.itObject} neu und versuchen Sie es erneut.`,
    },
    "file-unusable": {
      heading: "Der Schlüssel ist nicht lesbar",
      sentence:
        "Der Schlüssel zu Ihrer Sitzung liegt in einer Datei dieser App, die sie nicht lesen kann. Prüfen Sie, ob die Datei Ihnen gehört, und versuchen Sie es erneut. Es ist nichts verloren.",
      failure:
        "Die Datei mit dem Schlüssel zu Ihrer Sitzung ist nicht lesbar. Prüfen Sie, ob sie Ihnen gehört.",
    },
  },
  causes: {
    "no-network":
      "Dieser Computer hat keine Netzwerkverbindung. Verbinden Sie ihn und versuchen Sie es erneut.",
    "name-not-found":
      "Der Name des Servers wurde nicht gefunden. Prüfen Sie Ihre Verbindung. Wenn andere Seiten gehen, wenden Sie sich an den Betreiber.",
    "nothing-listening":
      "Der Server ist nicht erreichbar: Unter seiner Adresse antwortet nichts. Vielleicht ist er ausgeschaltet. Versuchen Sie es später erneut.",
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
});
