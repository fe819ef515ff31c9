// What the page accepts of the server's answers about other people's accounts, and what it sends.
import { describe, expect, it } from "vitest";

import * as calls from "../src/people/calls";
import type { Answer } from "../src/people/calls";
import {
  CODE,
  bobby,
  json,
  laptop,
  madeCode,
  mikaela,
  peopleServer,
  problem,
  signedInEvent,
} from "./people-server";
import { NOW, DAY } from "./views";
import { ANY_ID, backend, fails, response } from "./window";

const INVALID = { refused: "server-answer-invalid" };
const ID = mikaela.id;

/** Every call, and a good answer to it. */
const good: [string, () => Promise<Answer<unknown>>, object | null][] = [
  ["find", () => calls.find("", null), { accounts: [mikaela], next: "m" }],
  ["account", () => calls.account(ID), mikaela],
  [
    "invite",
    () => calls.invite({ username: "m", send: false }),
    { account: mikaela, code: madeCode("invite") },
  ],
  ["edit", () => calls.edit(ID, { name: null }), mikaela],
  ["makeCode", () => calls.makeCode(ID, "factor", true), madeCode("factor")],
  ["disable", () => calls.disable(ID), mikaela],
  ["enable", () => calls.enable(ID), mikaela],
  ["setRole", () => calls.setRole(ID, "desk"), mikaela],
  ["requireFactor", () => calls.requireFactor(ID, true), mikaela],
  ["sessions", () => calls.sessions(ID), { sessions: [laptop] }],
  ["events", () => calls.events(ID, null), { events: [signedInEvent], next: null }],
];

const answering = (answer: unknown) => backend({ get: () => answer, send: () => answer });

/** Everything that a document becomes by giving one member another value, or none. */
function mutations(document: object): object[] {
  const values = [
    undefined,
    null,
    7,
    -1,
    1.5,
    true,
    "",
    "\u0000",
    [],
    {},
    [7],
    { code: 7 },
    Number.MAX_VALUE,
  ];
  return Object.keys(document).flatMap((name) => {
    const inner: unknown = (document as Record<string, unknown>)[name];
    const nested =
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? mutations(inner).map((changed) => ({ ...document, [name]: changed }))
        : Array.isArray(inner) && typeof inner[0] === "object"
          ? mutations(inner[0] as object).map((changed) => ({ ...document, [name]: [changed] }))
          : [];
    return [...values.map((value) => ({ ...document, [name]: value })), ...nested];
  });
}

describe.each(good)("the answer to %s", (_, call, document) => {
  it("is accepted, also with members of a newer server", async () => {
    answering(json({ ...document, brand_new: { deep: [1] }, __proto__: { polluted: true } }));
    const answer = await call();
    expect(answer).toHaveProperty("value");
    expect({}).not.toHaveProperty("polluted");
  });

  it("is invalid or read whole, whatever one member is", async () => {
    let refused = 0;
    for (const mutation of mutations(document ?? {})) {
      answering(json(mutation));
      const answer = await call();
      if ("refused" in answer) {
        expect(answer).toEqual(INVALID);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(10);
  });

  it.each(["", "null", "[]", "7", '"text"', "{}", "{", "\u0000", `${"[".repeat(5_000)}`])(
    "is invalid: %j",
    async (text) => {
      answering(response(200, text));
      expect(await call()).toEqual(INVALID);
    },
  );

  it.each([
    [403, JSON.stringify({ code: "role_required" }), "role_required"],
    [403, JSON.stringify({ code: "factor_needed_for_role" }), "factor_needed_for_role"],
    [403, JSON.stringify({ code: "not_allowed" }), "not_allowed"],
    [404, JSON.stringify({ code: "not_found" }), "not_found"],
    [409, JSON.stringify({ code: "name_taken" }), "name_taken"],
    [400, JSON.stringify({ code: "invalid_request" }), "invalid_request"],
    [403, JSON.stringify({ code: "proof_required" }), "proof_required"],
    [403, JSON.stringify({ code: "constructor" }), "refused"],
    [403, JSON.stringify({ code: ["role_required"] }), "refused"],
    [403, JSON.stringify({ code: "not_allowed", reason: "constructor" }), "not_allowed"],
    [403, JSON.stringify({ code: "role_required", reason: "oneself" }), "role_required"],
    [403, "", "refused"],
    [418, "null", "refused"],
  ])("is a refusal with %i %s", async (status, text, refused) => {
    answering(response(status, text));
    expect(await call()).toEqual({ refused });
  });

  it("says why it is not allowed, where the server does", async () => {
    answering(response(403, JSON.stringify({ code: "not_allowed", reason: "both_factors" })));
    expect(await call()).toEqual({ refused: "not_allowed", reason: "both_factors" });
  });

  it("is rejected with the plugin's failure", async () => {
    const failure = fails("server-unreachable", { cause: "timed-out" });
    backend({ get: failure, send: failure });
    await expect(call()).rejects.toMatchObject({ code: "server-unreachable", cause: "timed-out" });
  });
});

describe("what is read", () => {
  it("is an account", async () => {
    answering(json({ ...bobby, allowed: ["enable", "remove", "fly", "enable"] }));
    expect(await calls.account(bobby.id)).toEqual({
      value: {
        id: bobby.id,
        username: "bobby",
        name: null,
        email: null,
        language: null,
        role: "desk",
        state: "disabled",
        hasFactor: false,
        factorRequired: false,
        createdAt: NOW - 100 * DAY,
        lastSignInAt: null,
        sessions: 0,
        allowed: new Set(["enable"]),
      },
    });
  });

  it("is a code", async () => {
    answering(json(madeCode("factor")));
    expect(await calls.makeCode(ID, "factor", false)).toEqual({
      value: { kind: "factor", code: CODE, sentTo: null, expiresAt: NOW + DAY },
    });
  });

  it("is a session, also without a lease", async () => {
    const bearer = { ...laptop, sid: "other", lease_ends_at: undefined };
    answering(json({ sessions: [laptop, laptop, bearer] }));
    const answer = await calls.sessions(ID);
    expect("value" in answer && answer.value.map(({ sid, leaseEndsAt }) => [sid, leaseEndsAt])).toEqual([
      [laptop.sid, NOW + 9 * DAY],
      ["other", null],
    ]);
  });

  it.each(["../../me", "a/b", "a?b", "", "a%2fb", ".", "ä", "x".repeat(129)])(
    "is no id that changes a path: %j",
    async (id) => {
      answering(json({ ...mikaela, id }));
      expect(await calls.account(ID)).toEqual(INVALID);
      answering(json({ sessions: [{ ...laptop, sid: id }] }));
      expect(await calls.sessions(ID)).toEqual(INVALID);
    },
  );
});

describe("what is sent", () => {
  it("is a document in JSON, with an id of its own", async () => {
    const sent = backend({ send: () => json(mikaela) });
    await calls.setRole(ID, null);
    await calls.disable(ID);
    expect(sent).toEqual([
      [
        "send",
        {
          method: "PUT",
          path: `/api/admin/accounts/${ID}/role`,
          headers: [["content-type", "application/json"]],
          body: { text: '{"role":null}' },
          requestId: ANY_ID,
        },
      ],
      ["send", { method: "POST", path: `/api/admin/accounts/${ID}/disable`, requestId: ANY_ID }],
    ]);
  });

  it("stays below the path of the accounts, whatever an id is", async () => {
    const sent = backend({ get: () => json(mikaela), send: () => response(204, "") });
    await calls.account("../../../api/me");
    await calls.endSession("a b", "?x#y/z");
    expect(sent.map(([, args]) => (args as { path: string }).path)).toEqual([
      "/api/admin/accounts/..%2F..%2F..%2Fapi%2Fme",
      "/api/admin/accounts/a%20b/sessions/%3Fx%23y%2Fz",
    ]);
  });

  it("is read by the server as it was typed", async () => {
    const server = peopleServer({ "GET ": () => json({ accounts: [], next: null }) });
    backend(server.server);
    await calls.find("Ärger & Co. +1%\u202e", "m/2");
    expect(server.asked[0]?.query.get("search")).toBe("Ärger & Co. +1%\u202e");
    expect(server.asked[0]?.query.get("after")).toBe("m/2");
  });

  it("has nothing to read in an answer without a body", async () => {
    backend({ send: () => response(204, "") });
    expect(await calls.endSessions(ID)).toEqual({ value: null });
    backend({ send: () => problem(403, "not_allowed") });
    expect(await calls.endSession(ID, laptop.sid)).toEqual({ refused: "not_allowed" });
  });
});
