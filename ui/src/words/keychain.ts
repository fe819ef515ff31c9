// What each system calls the store of the device's key. The code says "keychain" for all of them.
import type { System } from "../platform";

/** English forms: "your keyring", and at the start of a sentence "Your keyring". */
export interface KeychainEn {
  name: string;
  your: string;
  Your: string;
  a: string;
}

const noun = (name: string): KeychainEn => ({
  name,
  your: `your ${name}`,
  Your: `Your ${name}`,
  a: `a ${name}`,
});

export const keychainEn: Record<System, KeychainEn> = {
  linux: noun("keyring"),
  macos: noun("keychain"),
  // The name of a program: without an article.
  windows: {
    name: "Credential Manager",
    your: "Credential Manager",
    Your: "Credential Manager",
    a: "Credential Manager",
  },
};

/** German forms; the words have different genders. */
export interface KeychainDe {
  Your: string;
  in: string;
  In: string;
  /** Object: "einen". */
  a: string;
  inA: string;
  /** Subject: "kein". */
  none: string;
  /** Object: "keinen". */
  noneObject: string;
  /** A subject without its noun: "keiner". */
  noneAlone: string;
  /** A possessive without its noun: "Ihren". */
  yours: string;
  /** Subject: "er". */
  it: string;
  /** Object: "ihn". */
  itObject: string;
  its: string;
  service: string;
}

const schluesselbund: KeychainDe = {
  Your: "Ihr Schlüsselbund",
  in: "im Schlüsselbund",
  In: "Im Schlüsselbund",
  a: "einen Schlüsselbund",
  inA: "in einem Schlüsselbund",
  none: "kein Schlüsselbund",
  noneObject: "keinen Schlüsselbund",
  noneAlone: "keiner",
  yours: "Ihren",
  it: "er",
  itObject: "ihn",
  its: "seinem",
  service: "Schlüsselbunddienst",
};

export const keychainDe: Record<System, KeychainDe> = {
  linux: schluesselbund,
  macos: schluesselbund,
  windows: {
    Your: "Die Anmeldeinformationsverwaltung",
    in: "in der Anmeldeinformationsverwaltung",
    In: "In der Anmeldeinformationsverwaltung",
    a: "die Anmeldeinformationsverwaltung",
    inA: "in der Anmeldeinformationsverwaltung",
    none: "keine Anmeldeinformationsverwaltung",
    noneObject: "keine Anmeldeinformationsverwaltung",
    noneAlone: "keine",
    yours: "Ihre",
    it: "sie",
    itObject: "sie",
    its: "ihrem",
    service: "Dienst „Anmeldeinformationsverwaltung“",
  },
};
