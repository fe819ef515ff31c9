// What the server says of other people's accounts: types, and their readers.
import { flag, id, listOf, objectOf, oneOf, orNull, someOf, text, whole, type Read } from "./shape";

export const ROLES = ["desk", "admin"] as const;
export type Role = (typeof ROLES)[number];

export const ACTIONS = [
  "edit",
  "invite",
  "password_code",
  "factor_code",
  "disable",
  "enable",
  "end_sessions",
  "require_factor",
  "set_role",
] as const;
/** What the caller may do to an account now. The server decides again when it is done. */
export type Action = (typeof ACTIONS)[number];

export const STATES = ["active", "invited", "disabled"] as const;
export type State = (typeof STATES)[number];

/** An account. Times are in unix seconds. */
export interface Account {
  id: string;
  username: string;
  name: string | null;
  email: string | null;
  language: string | null;
  role: Role | null;
  state: State;
  hasFactor: boolean;
  factorRequired: boolean;
  createdAt: number;
  lastSignInAt: number | null;
  sessions: number;
  allowed: ReadonlySet<Action>;
}

export const CODE_KINDS = ["invite", "password", "factor"] as const;
export type CodeKind = (typeof CODE_KINDS)[number];

/** A one-time code that was made. Without `code`, it is not for the eyes of who asked for it. */
export interface Code {
  kind: CodeKind;
  code: string | null;
  sentTo: string | null;
  expiresAt: number;
}

/** A session of an account. */
export interface AccountSession {
  sid: string;
  deviceName: string | null;
  platform: string | null;
  createdAt: number;
  lastSeenAt: number;
  leaseEndsAt: number | null;
  address: string | null;
}

/** An entry of the audit log. The names of events are the server's. */
export interface AccountEvent {
  id: string;
  at: number;
  event: string;
  actor: { kind: string; username: string | null };
  address: string | null;
  detail: string | null;
}

/** A part of a list, and what to ask for to read on. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

export const account: Read<Account> = objectOf<Account>({
  id,
  username: text,
  name: orNull(text),
  email: orNull(text),
  language: orNull(text),
  role: orNull(oneOf(ROLES)),
  state: oneOf(STATES),
  hasFactor: flag,
  factorRequired: flag,
  createdAt: whole,
  lastSignInAt: orNull(whole),
  sessions: whole,
  allowed: someOf(ACTIONS),
});

export const code: Read<Code> = objectOf<Code>({
  kind: oneOf(CODE_KINDS),
  code: orNull(text),
  sentTo: orNull(text),
  expiresAt: whole,
});

export const invitation: Read<{ account: Account; code: Code }> = objectOf({ account, code });

const session: Read<AccountSession> = objectOf<AccountSession>({
  sid: id,
  deviceName: orNull(text),
  platform: orNull(text),
  createdAt: whole,
  lastSeenAt: whole,
  leaseEndsAt: orNull(whole),
  address: orNull(text),
});

const event: Read<AccountEvent> = objectOf<AccountEvent>({
  id: text,
  at: whole,
  event: text,
  actor: objectOf<AccountEvent["actor"]>({ kind: text, username: orNull(text) }),
  address: orNull(text),
  detail: orNull(text),
});

/** Each item once: what is drawn needs a key of its own. */
export function once<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}

export const accounts: Read<Page<Account>> = (value) => {
  const { accounts, next } = objectOf<{ accounts: Account[]; next: string | null }>({
    accounts: listOf(account),
    next: orNull(text),
  })(value);
  return { items: once(accounts, ({ id }) => id), next };
};

export const events: Read<Page<AccountEvent>> = (value) => {
  const { events, next } = objectOf<{ events: AccountEvent[]; next: string | null }>({
    events: listOf(event),
    next: orNull(text),
  })(value);
  return { items: once(events, ({ id }) => id), next };
};

export const sessions: Read<AccountSession[]> = (value) => {
  const { sessions } = objectOf<{ sessions: AccountSession[] }>({ sessions: listOf(session) })(value);
  return once(sessions, ({ sid }) => sid);
};
