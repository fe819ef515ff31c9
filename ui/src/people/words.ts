// The words of the screens about other people's accounts. They are loaded together with them.
import type { Action, CodeKind, Role, State } from "./account";
import type { Reason } from "./calls";
import type { Task } from "./task";

type CodeAction = "invite" | "password_code" | "factor_code";

type Codes = Record<CodeKind, { label: string; ask: (name: string) => string; heading: string; use: string }>;

export interface PeopleScreenWords {
  about: string;
  waiting: string;
  search: { label: string; hint: string; submit: string };
  list: string;
  nobody: string;
  nothingFound: (search: string) => string;
  more: string;
  roles: Record<Role | "none", string>;
  states: Record<State, string>;
  invite: {
    open: string;
    heading: string;
    about: string;
    submit: string;
    mail: string;
    usernameMissing: string;
    emailMissing: string;
  };
  fields: {
    username: string;
    name: string;
    email: string;
    language: string;
    optional: (label: string) => string;
    serverLanguage: string;
    languages: Record<"en" | "de", string>;
  };
  details: {
    role: string;
    state: string;
    factor: string;
    factorOn: string;
    factorOff: string;
    factorRequired: string;
    created: string;
    lastSignIn: string;
    never: string;
  };
  nothingAllowed: string;
  ownAccount: string;
  /** What may be done, its question, and what is said afterwards. */
  actions: Record<Exclude<Action, "end_sessions" | CodeAction>, { label: string; done: string }> & {
    cancel: string;
    save: string;
    disableAsk: (name: string) => string;
    enableAsk: (name: string) => string;
    requireAsk: (name: string) => string;
    release: string;
    releaseAsk: (name: string) => string;
    released: string;
    roleAsk: (name: string, role: string) => string;
  };
  codes: Codes & {
    mail: (address: string) => string;
    show: string;
    sent: (address: string) => string;
    hidden: string;
    once: string;
    until: (date: string, distance: string) => string;
    copy: string;
    copied: string;
    notCopied: string;
    close: string;
    noAddress: string;
  };
  sessions: {
    heading: (count: number) => string;
    show: string;
    none: string;
    endAsk: string;
    endAll: string;
    endAllAsk: (name: string) => string;
    ended: string;
    allEnded: string;
  };
  events: {
    heading: string;
    show: string;
    none: string;
    more: string;
    by: (username: string) => string;
    byOperator: string;
    byServer: string;
    names: ReadonlyMap<string, string>;
  };
  faults: {
    online: string;
    unsure: string;
    unchanged: string;
    notConfirmed: string;
    factorNeeded: string;
    setUpFactor: string;
    notAllowed: Partial<Record<Task, string>>;
    notAllowedHere: string;
    reasons: Record<Reason, string>;
    notOffered: string;
    gone: string;
    nameTaken: string;
    invalid: string;
    invalidSearch: string;
  };
  /** What is said instead where the server accepts no passwords. */
  withoutPasswords: {
    invite: { about: string };
    codes: Codes;
    notAllowed: { code: string };
    reasons: { both_factors: string };
  };
}
