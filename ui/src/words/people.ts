// The words that a language needs for getting in, getting back in, and being told.
import type { NoticeKind } from "tauri-plugin-latchkey-api";

import type { CodeFault } from "../code";

export interface PeopleWords {
  forgot: {
    link: string;
    /** Where the server accepts no passwords. */
    linkWithout: string;
    heading: string;
    headingWithout: string;
    about: (server: string) => string;
    who: string;
    whoMissing: string;
    submit: string;
    sent: (server: string, wait: string) => string;
    again: string;
    askAgain: string;
    enter: string;
    noMail: (server: string) => string;
    contact: string;
    contactUnknown: string;
  };
  useCode: {
    link: string;
    heading: string;
    about: (server: string) => string;
    username: string;
    usernameHint: string;
    usernameMissing: string;
    code: string;
    codeHint: string;
    /** In place of the new password, where the server accepts none. */
    noPassword: string;
    faults: Record<Exclude<CodeFault, "length">, string>;
    length: (characters: number) => string;
    /** Follows "invalid-code", where no code was asked for here. */
    elsewhere: string;
    submit: string;
  };
  secondFactor: {
    heading: string;
    about: string;
    code: string;
    recoveryAbout: string;
    recoveryCode: string;
    useRecovery: string;
    usePhone: string;
    missing: string;
    clock: string;
    lost: string;
    submit: string;
    cancel: string;
  };
  enrol: {
    heading: string;
    required: string;
    operatorCode: string;
    operatorCodeAbout: string;
    password: string;
    passwordMissing: string;
    begin: string;
    scan: string;
    picture: string;
    secret: string;
    copySecret: string;
    code: string;
    submit: string;
  };
  recovery: {
    heading: string;
    about: string;
    list: string;
    copy: string;
    copied: string;
    save: string;
    saved: (path: string) => string;
    notSaved: string;
    notCopied: string;
    print: string;
    kept: string;
    keepFirst: string;
    go: string;
    /** The first lines of what is copied and saved. */
    file: (product: string, username: string) => string;
  };
  factor: {
    heading: string;
    about: string;
    off: string;
    on: string;
    left: (count: number) => string;
    few: string;
    none: string;
    start: string;
    anew: string;
    anewAsk: string;
    replace: string;
    stop: string;
    stopAsk: string;
    required: string;
    lost: string;
    switchedOn: string;
    switchedOff: string;
    endOthers: string;
  };
  /** Where the phone is lost, and the recovery codes too. */
  lostFactor: {
    open: string;
    about: string;
    submit: string;
    asked: string;
    pending: (date: string, distance: string) => string;
    cancel: string;
    cancelled: string;
  };
  confirm: {
    heading: string;
    about: Record<"password" | "code" | "both" | "browser", string>;
    byPasskey: string;
    otherwise: string;
    submit: string;
    cancel: string;
    cancelled: string;
  };
  notices: {
    label: string;
    heading: Record<NoticeKind, (time: string) => string>;
    from: (address: string) => string;
    newKey: string;
    calls: (name: string) => string;
    mine: string;
    notMine: string;
    /** In their place, where another person did it on the owner's behalf. */
    known: string;
    notKnown: string;
    elsewhere: string;
    close: string;
    answered: string;
    ended: (count: number) => string;
    chooseNew: string;
    /** In its place, where the server accepts no passwords. */
    checkWays: string;
  };
  warnings: {
    lease: (date: string) => string;
    absolute: (date: string) => string;
    factor: (date: string) => string;
    factorNow: string;
    signInAgain: string;
    signInAgainAbout: string;
    checkNow: string;
    setUp: string;
  };
  /** The reason for being signed out, where the server says when and by which device. */
  ended: {
    passwordReset: (time: string) => string;
    by: (device: string, time: string) => string;
    at: (time: string) => string;
    notMe: (time: string) => string;
    notYou: string;
  };
  /** The way to the screens about other people's accounts, which have their own words. */
  desk: { heading: string; roleLost: string; notLoaded: string };
  notifications: { label: string; about: string; used: string; ends: string };
}
