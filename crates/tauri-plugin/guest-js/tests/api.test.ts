import { describe, expect, it } from "vitest";

import { LatchkeyError, get, getCached, send } from "../index.js";
import { ANY_ID, plugin } from "./plugin.js";

const reply = (more: object = {}) => ({ status: 200, headers: [], body: { text: "" }, ...more });
const BYTES = Uint8Array.from({ length: 256 }, (_, value) => value);
const BASE64 = Buffer.from(BYTES).toString("base64");

describe("get", () => {
  it("passes path and headers on", async () => {
    const calls = plugin({ get: () => reply() });
    await get("/api/me");
    await get("/api/me", { headers: { Accept: "application/json" } });
    expect(calls).toEqual([
      ["plugin:latchkey|get", { path: "/api/me" }],
      ["plugin:latchkey|get", { path: "/api/me", headers: [["accept", "application/json"]] }],
    ]);
  });

  it("returns status, headers and text as fetch does", async () => {
    const headers = [["content-type", "application/json"]];
    plugin({ get: () => reply({ status: 201, headers, body: { text: '{"name":"Sam"}' } }) });
    const response = await get("/api/me");
    expect(response.status).toBe(201);
    expect(response.ok).toBe(true);
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(await response.json()).toEqual({ name: "Sam" });
  });

  it("returns bytes unchanged", async () => {
    plugin({ get: () => reply({ body: { base64: BASE64 } }) });
    expect(new Uint8Array(await (await get("/api/picture")).arrayBuffer())).toEqual(BYTES);
  });

  it.each([404, 500, 599])("returns a response with status %i", async (status) => {
    plugin({ get: () => reply({ status, body: { text: "no" } }) });
    const response = await get("/api/me");
    expect([response.status, await response.text()]).toEqual([status, "no"]);
  });

  it.each([204, 205, 304])("returns a response with status %i, which has no body", async (status) => {
    plugin({ get: () => reply({ status }) });
    const response = await get("/api/me");
    expect([response.status, await response.text()]).toEqual([status, ""]);
  });

  it("rejects when a status is none that a Response can have", async () => {
    plugin({ get: () => reply({ status: 999 }) });
    const error: unknown = await get("/api/me").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LatchkeyError);
    expect(error).toMatchObject({ command: "get", code: "server-answer-invalid" });
  });
});

describe("getCached", () => {
  it.each([null, 1_795_435_200])("returns the response, and when it was sent: %s", async (cachedAt) => {
    const calls = plugin({ get_cached: () => reply({ body: { text: "[]" }, cachedAt }) });
    const cached = await getCached("/api/notes");
    expect(cached.cachedAt).toBe(cachedAt);
    expect(await cached.response.json()).toEqual([]);
    expect(calls).toEqual([["plugin:latchkey|get_cached", { path: "/api/notes" }]]);
  });
});

describe("send", () => {
  it.each<[string, Parameters<typeof send>[1], object]>([
    ["nothing", { method: "DELETE" }, { method: "DELETE" }],
    [
      "a text, which is plain unless said otherwise",
      { method: "POST", body: "buy a car" },
      {
        method: "POST",
        headers: [["content-type", "text/plain;charset=UTF-8"]],
        body: { text: "buy a car" },
      },
    ],
    [
      "a document",
      { method: "PUT", headers: { "Content-Type": "application/json" }, body: "{}" },
      { method: "PUT", headers: [["content-type", "application/json"]], body: { text: "{}" } },
    ],
    ["bytes", { method: "PATCH", body: BYTES }, { method: "PATCH", body: { base64: BASE64 } }],
    ["a buffer", { method: "PATCH", body: BYTES.buffer }, { method: "PATCH", body: { base64: BASE64 } }],
  ])("sends %s", async (_, request, args) => {
    const calls = plugin({ send: () => reply({ status: 201 }) });
    expect((await send("/api/notes", request)).status).toBe(201);
    expect(calls).toEqual([["plugin:latchkey|send", { path: "/api/notes", ...args, requestId: ANY_ID }]]);
  });

  it("encodes a body that is larger than one call of String.fromCharCode takes", async () => {
    const large = new Uint8Array(1_000_000).fill(7);
    const calls = plugin({ send: () => reply() });
    await send("/api/picture", { method: "PUT", body: large });
    const { body } = calls[0]?.[1] as { body: { base64: string } };
    expect(Buffer.from(body.base64, "base64").equals(large)).toBe(true);
  });
});
