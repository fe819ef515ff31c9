// The server's routes for other people's accounts, as far as a page sees them: the wire format, and
// answers that a test changes.
import { NOW, DAY } from "./views";
import { response, type Answers } from "./window";

export interface WireAccount {
  id: string;
  username: string;
  name: string | null;
  email: string | null;
  language: string | null;
  role: string | null;
  state: string;
  has_factor: boolean;
  factor_required: boolean;
  created_at: number;
  last_sign_in_at: number | null;
  sessions: number;
  allowed: string[];
}

export const EVERYTHING = [
  "edit",
  "invite",
  "password_code",
  "factor_code",
  "disable",
  "enable",
  "end_sessions",
  "require_factor",
  "set_role",
  "remove",
];

export const mikaela: WireAccount = {
  id: "0190b8f4-7d1c-7c3e-9a55-000000000001",
  username: "mikaela",
  name: "Mikaela Banes",
  email: "mikaela@banes.example",
  language: "en",
  role: null,
  state: "active",
  has_factor: true,
  factor_required: false,
  created_at: NOW - 100 * DAY,
  last_sign_in_at: NOW - DAY * 3,
  sessions: 1,
  allowed: EVERYTHING,
};

export const bobby: WireAccount = {
  ...mikaela,
  id: "0190b8f4-7d1c-7c3e-9a55-000000000002",
  username: "bobby",
  name: null,
  email: null,
  language: null,
  role: "desk",
  state: "disabled",
  has_factor: false,
  last_sign_in_at: null,
  sessions: 0,
};

export const laptop = {
  sid: "0190b8f4-7d1c-7c3e-9a55-00000000aaaa",
  device_name: "mikaelas-laptop",
  platform: "linux",
  created_at: NOW - 5 * DAY,
  last_seen_at: NOW - 60,
  lease_ends_at: NOW + 9 * DAY,
  address: "192.0.2.44",
};

export const signedInEvent = {
  id: "0190b8f4-7d1c-7c3e-9a55-00000000eeee",
  at: NOW - 3 * DAY,
  event: "signed_in",
  actor: { kind: "person", username: "mikaela" },
  device_id: "4f9c2f0a17e35b8c",
  address: "192.0.2.44",
  detail: null,
};

export const CODE = "7M2K-Q9XW-4TR8-HJ3W-J";
export const madeCode = (kind: string, change: object = {}) => ({
  kind,
  code: CODE,
  sent_to: null,
  expires_at: NOW + DAY,
  ...change,
});

export const problem = (status: number, code: string, reason?: string) =>
  response(status, JSON.stringify({ type: "about:blank", title: "no", status, code, reason }));

export const json = (value: unknown, status = 200) => response(status, JSON.stringify(value));

/** An answer with the first account, changed. */
export const changed = (change: Partial<WireAccount>) => () => json({ ...mikaela, ...change });

export interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
}

/** Answers `METHOD /path` below `/api/admin/accounts`; the path may have `ID` and `SID`. */
export type Routes = Record<string, (request: Request) => unknown>;

const ACCOUNTS = "/api/admin/accounts";

/** The commands `get` and `send` of a page whose server has these routes, and what was asked. */
export function peopleServer(routes: Routes = {}): { server: Answers; asked: Request[] } {
  const all: Routes = {
    "GET ": () => json({ accounts: [mikaela, bobby], next: null }),
    "GET /ID": ({ path }) => json(path.endsWith(bobby.id) ? bobby : mikaela),
    "GET /ID/sessions": () => json({ sessions: [laptop] }),
    "GET /ID/audit": () => json({ events: [signedInEvent], next: null }),
    ...routes,
  };
  const asked: Request[] = [];
  const answer = (args: unknown) => {
    const given = args as { method?: string; path: string; body?: { text: string } };
    const [path = "", search = ""] = given.path.split("?");
    const request: Request = {
      method: given.method ?? "GET",
      path,
      query: new URLSearchParams(search),
      body: given.body && JSON.parse(given.body.text),
    };
    asked.push(request);
    const route = path
      .replace(ACCOUNTS, "")
      .replace(laptop.sid, "SID")
      .replace(/^\/[^/]+/, "/ID");
    const found = all[`${request.method} ${route}`];
    if (!found) throw new Error(`no route for ${request.method} ${route}`);
    return found(request);
  };
  return { server: { get: answer, send: answer }, asked };
}

/** Method and body of a request. */
export const bodyOf = (request: Request | undefined) => ({ method: request?.method, body: request?.body });
