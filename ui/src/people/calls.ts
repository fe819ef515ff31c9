// The calls about other people's accounts: the only file that knows the server's routes. What the
// server refuses, and an answer of another shape, is a value; a failure of the plugin is rejected.
import { get, send, type SendMethod } from "tauri-plugin-latchkey-api";

import * as read from "./account";
import type { Account, AccountEvent, AccountSession, Code, CodeKind, Page, Role } from "./account";
import { Misshapen, objectOf, text, type Read } from "./shape";

const ACCOUNTS = "/api/admin/accounts";

/** Why the server refuses. "refused" stands for every code that is not known here. */
const REFUSALS = [
  "role_required",
  "factor_needed_for_role",
  "not_allowed",
  "not_found",
  "name_taken",
  "invalid_request",
  "proof_required",
  "refused",
] as const;
type Refusal = (typeof REFUSALS)[number];

export type Refused = Refusal | "server-answer-invalid";

/** Why "not_allowed" is answered, where the server says it. */
const REASONS = [
  "oneself",
  "admin_only",
  "has_role",
  "not_used_yet",
  "in_use",
  "disabled",
  "not_disabled",
  "disabled_by_admin",
  "no_factor",
  "both_factors",
  "no_mail",
] as const;
export type Reason = (typeof REASONS)[number];

export interface Refusing {
  refused: Refused;
  reason?: Reason;
}

export type Answer<T> = { value: T } | Refusing;

/** What is known of somebody who is invited. */
export interface Invitation {
  username: string;
  name?: string;
  email?: string;
  language?: string;
  /** Whether the code is mailed. Otherwise the answer has it. */
  send: boolean;
}

/** What changes. Null removes it. */
export type Edit = Partial<Pick<Account, "name" | "email" | "language"> & { username: string }>;

const nothing: Read<null> = () => null;

const maybe: Read<string | null> = (value) => (typeof value === "string" ? value : null);

async function refusalOf(response: Response): Promise<Refusing> {
  try {
    const shape = objectOf<{ code: string; reason: string | null }>({ code: text, reason: maybe });
    const { code, reason } = shape(await response.json());
    const refused = REFUSALS.find((known) => known === code) ?? "refused";
    const why = refused === "not_allowed" ? REASONS.find((known) => known === reason) : undefined;
    return why ? { refused, reason: why } : { refused };
  } catch {
    return { refused: "refused" };
  }
}

async function answerOf<T>(sent: Promise<Response>, reader: Read<T>): Promise<Answer<T>> {
  const response = await sent;
  if (!response.ok) return refusalOf(response);
  try {
    return { value: reader(reader === nothing ? null : await response.json()) };
  } catch (error) {
    if (error instanceof Misshapen || error instanceof SyntaxError)
      return { refused: "server-answer-invalid" };
    throw error;
  }
}

const load = <T>(path: string, reader: Read<T>) => answerOf(get(path), reader);

function change<T>(method: SendMethod, path: string, reader: Read<T>, document?: object): Promise<Answer<T>> {
  const headers = { "Content-Type": "application/json" };
  const body = document && { headers, body: JSON.stringify(document) };
  return answerOf(send(path, { method, ...body }), reader);
}

const one = (id: string) => `${ACCOUNTS}/${encodeURIComponent(id)}`;

/** A path with a query, without what is empty. */
function query(path: string, members: Record<string, string | null>): string {
  const given = Object.entries(members).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length > 0 ? `${path}?${new URLSearchParams(given).toString()}` : path;
}

/** The accounts whose username, name or address contain `search`, from `after` on. */
export const find = (search: string, after: string | null): Promise<Answer<Page<Account>>> =>
  load(query(ACCOUNTS, { search, after }), read.accounts);

export const account = (id: string): Promise<Answer<Account>> => load(one(id), read.account);

export const invite = (invitation: Invitation): Promise<Answer<{ account: Account; code: Code }>> =>
  change("POST", ACCOUNTS, read.invitation, invitation);

export const edit = (id: string, changes: Edit): Promise<Answer<Account>> =>
  change("PATCH", one(id), read.account, changes);

export const makeCode = (id: string, kind: CodeKind, mailed: boolean): Promise<Answer<Code>> =>
  change("POST", `${one(id)}/codes`, read.code, { kind, send: mailed });

export const disable = (id: string): Promise<Answer<Account>> =>
  change("POST", `${one(id)}/disable`, read.account);

export const enable = (id: string): Promise<Answer<Account>> =>
  change("POST", `${one(id)}/enable`, read.account);

export const setRole = (id: string, role: Role | null): Promise<Answer<Account>> =>
  change("PUT", `${one(id)}/role`, read.account, { role });

export const requireFactor = (id: string, required: boolean): Promise<Answer<Account>> =>
  change("PUT", `${one(id)}/factor-requirement`, read.account, { required });

export const sessions = (id: string): Promise<Answer<AccountSession[]>> =>
  load(`${one(id)}/sessions`, read.sessions);

export const endSessions = (id: string): Promise<Answer<null>> =>
  change("DELETE", `${one(id)}/sessions`, nothing);

export const endSession = (id: string, sid: string): Promise<Answer<null>> =>
  change("DELETE", `${one(id)}/sessions/${encodeURIComponent(sid)}`, nothing);

/** What happened to an account, the latest first, before `before`. */
export const events = (id: string, before: string | null): Promise<Answer<Page<AccountEvent>>> =>
  load(query(`${one(id)}/audit`, { before }), read.events);
