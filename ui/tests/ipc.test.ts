import { mockIPC } from "@tauri-apps/api/mocks";
import * as latchkey from "tauri-plugin-latchkey-api";
import { describe, expect, it } from "vitest";

import * as ipc from "../src/ipc";
import { outcomeOf } from "../src/outcome";
import { ERROR_CODES, signedIn, signedOut } from "./views";
import { ANY_ID, backend, fails, response, sessionChanged } from "./window";

const credentials = { username: "Ladiesman217", password: "autobots rule" };
const passwords = { current: "autobots rule", new: "decepticons drool", endOthers: false };

async function textOf(sent: Promise<Response>) {
  const response = await sent;
  return { status: response.status, body: await response.text() };
}

describe("commands", () => {
  it("sends the names and arguments of the contract", async () => {
    const calls = backend({
      session: () => signedOut(),
      sign_in: () => signedIn(),
      sign_out: () => signedOut("signed-out"),
      check_in: () => signedIn(),
      get: () => response(200, "Hello World!"),
    });
    await outcomeOf(latchkey.session());
    await outcomeOf(latchkey.signIn(credentials));
    await outcomeOf(latchkey.signOut());
    await outcomeOf(latchkey.checkIn());
    const reply = await outcomeOf(textOf(latchkey.get("/")));
    expect(calls.map(([name]) => name)).toEqual(["session", "sign_in", "sign_out", "check_in", "get"]);
    expect(calls[1]?.[1]).toEqual({
      username: "Ladiesman217",
      password: "autobots rule",
      requestId: ANY_ID,
    });
    expect(calls[4]?.[1]).toEqual({ path: "/" });
    expect(reply).toEqual({ ok: true, value: { status: 200, body: "Hello World!" } });
  });

  it("sends a document, a text or nothing", async () => {
    const calls = backend({ send: () => response(201, "") });
    const reply = await outcomeOf(textOf(latchkey.send("/api/notes", { method: "POST", body: "buy a car" })));
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ text: "wash it" });
    await outcomeOf(latchkey.send("/api/notes/1", { method: "PUT", headers, body }));
    await outcomeOf(latchkey.send("/api/notes/1", { method: "DELETE" }));
    expect(calls).toEqual([
      [
        "send",
        {
          method: "POST",
          path: "/api/notes",
          headers: [["content-type", "text/plain;charset=UTF-8"]],
          body: { text: "buy a car" },
          requestId: ANY_ID,
        },
      ],
      [
        "send",
        {
          method: "PUT",
          path: "/api/notes/1",
          headers: [["content-type", "application/json"]],
          body: { text: '{"text":"wash it"}' },
          requestId: ANY_ID,
        },
      ],
      ["send", { method: "DELETE", path: "/api/notes/1", requestId: ANY_ID }],
    ]);
    expect(reply).toEqual({ ok: true, value: { status: 201, body: "" } });
  });

  it("gives each call that changes something its own id, and no id to other calls", async () => {
    const device = { sid: "desk" };
    const calls = backend({
      sign_in: () => signedIn(),
      sign_out: () => signedOut(),
      check_in: () => signedIn(),
      send: () => response(204, ""),
      end_session: () => [device],
      end_other_sessions: () => [device],
      change_password: () => null,
      session: () => signedIn(),
      sessions: () => [device],
      get: () => response(200, ""),
      get_cached: () => ({ ...response(200, ""), cachedAt: null }),
      zoom: () => null,
      close_window: () => null,
    });
    for (let time = 0; time < 2; time++) {
      await outcomeOf(latchkey.signIn(credentials));
      await outcomeOf(latchkey.signOut());
      await outcomeOf(latchkey.checkIn());
      await outcomeOf(latchkey.send("/api/notes", { method: "POST" }));
      await outcomeOf(latchkey.endSession("desk"));
      await outcomeOf(latchkey.endOtherSessions());
      await outcomeOf(latchkey.changePassword(passwords));
    }
    const ids = calls.map(([, args]) => (args as { requestId?: string }).requestId);
    expect(ids).toEqual(calls.map(() => ANY_ID));
    expect(new Set(ids).size).toBe(14);
    calls.length = 0;
    await outcomeOf(latchkey.session());
    await outcomeOf(latchkey.sessions());
    await outcomeOf(latchkey.get("/"));
    await outcomeOf(latchkey.getCached("/"));
    await ipc.zoom("in");
    await ipc.closeWindow();
    expect(calls.filter(([, args]) => args && Object.hasOwn(args as object, "requestId"))).toEqual([]);
  });

  it.each(ERROR_CODES)("returns the code %s", async (code) => {
    backend({ session: fails(code) });
    expect(await outcomeOf(latchkey.session())).toEqual({ ok: false, code });
  });

  it.each([
    ["a sentence", "invalid args `password`: autobots rule"],
    ["an error", new Error("autobots rule")],
    ["nothing", undefined],
    ["null", null],
    ["an unknown code", { code: "brand-new", message: "autobots rule" }],
    ["an inherited name", { code: "toString", message: "" }],
    ["a code that is no text", { code: 7, message: "" }],
  ])("turns %s into the unexpected failure, without its text", async (_, rejected) => {
    backend({ session: () => Promise.reject(rejected as Error) });
    expect(await outcomeOf(latchkey.session())).toEqual({ ok: false, code: "unexpected" });
  });
});

describe("the subscription", () => {
  it("delivers every new view", async () => {
    backend({});
    const seen: unknown[] = [];
    expect(await outcomeOf(latchkey.watch((view) => seen.push(view)))).toMatchObject({ ok: true });
    await sessionChanged(signedIn());
    await sessionChanged(signedOut("revoked"));
    expect(seen).toEqual([signedIn(), signedOut("revoked")]);
  });

  it("reports a refused subscription, and throws nothing", async () => {
    mockIPC(() => Promise.reject(new Error("watch not allowed")));
    expect(await outcomeOf(latchkey.watch(() => undefined))).toEqual({ ok: false, code: "unexpected" });
  });
});
