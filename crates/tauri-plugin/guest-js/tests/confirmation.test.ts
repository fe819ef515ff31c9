import { describe, expect, it, vi } from "vitest";

import { LatchkeyError, send, withConfirmation } from "../index.js";
import type { AskForConfirmation } from "../index.js";
import { fails, plugin } from "./plugin.js";

const REQUIRED = { code: "confirmation-required", needs: ["password"], message: "" };
const DONE = { status: 204, headers: [], body: { text: "" } };

/** A route that wants a confirmation, and a server that accepts one password. */
function route() {
  let confirmed = false;
  return plugin({
    send: () => (confirmed ? DONE : fails(REQUIRED)()),
    confirm: ({ password }) => {
      if (password !== "autobots rule") return fails({ code: "wrong-credentials", message: "" })();
      confirmed = true;
      return null;
    },
  });
}

const remove = () => send("/api/notes", { method: "DELETE" });
const names = (calls: [string, unknown][]) => calls.map(([name]) => name.replace("plugin:latchkey|", ""));
const reason = (call: Promise<unknown>) => call.catch((error: unknown) => error);

describe("withConfirmation", () => {
  it("asks, confirms, and makes the call once more", async () => {
    const calls = route();
    const ask = vi.fn<AskForConfirmation>(() => Promise.resolve({ password: "autobots rule" }));
    expect((await withConfirmation(remove, ask)).status).toBe(204);
    expect(names(calls)).toEqual(["send", "confirm", "send"]);
    expect(ask.mock.calls).toEqual([[["password"], undefined, false]]);
  });

  it("asks nothing where none is wanted", async () => {
    const calls = plugin({ send: () => DONE });
    const ask = vi.fn<AskForConfirmation>();
    await withConfirmation(remove, ask);
    expect([names(calls), ask.mock.calls]).toEqual([["send"], []]);
  });

  it("asks again after a wrong password, and tells why", async () => {
    const calls = route();
    const answers = ["decepticons", "autobots rule"];
    const ask = vi.fn<AskForConfirmation>(() => Promise.resolve({ password: answers.shift() ?? "" }));
    await withConfirmation(remove, ask);
    expect(names(calls)).toEqual(["send", "confirm", "confirm", "send"]);
    expect(ask.mock.calls[1]?.[1]).toMatchObject({ code: "wrong-credentials" });
  });

  it("tells that a passkey does too, also after a wrong password", async () => {
    plugin({
      send: fails({ ...REQUIRED, orPasskey: true }),
      confirm: fails({ code: "wrong-credentials", message: "" }),
    });
    const answers = [{ password: "decepticons" }, undefined];
    const ask = vi.fn<AskForConfirmation>(() => Promise.resolve(answers.shift()));
    await reason(withConfirmation(remove, ask));
    expect(ask.mock.calls.map(([, , orPasskey]) => orPasskey)).toEqual([true, true]);
  });

  it("rejects with the first reason when the user gives up", async () => {
    const calls = route();
    const error = await reason(withConfirmation(remove, () => Promise.resolve(undefined)));
    expect(error).toMatchObject({ code: "confirmation-required", needs: ["password"] });
    expect(names(calls)).toEqual(["send"]);
  });

  it("does not ask about any other failure, nor after the second call", async () => {
    plugin({ send: fails({ code: "session-over", message: "" }) });
    const ask = vi.fn<AskForConfirmation>(() => Promise.resolve({ password: "autobots rule" }));
    expect(await reason(withConfirmation(remove, ask))).toMatchObject({ code: "session-over" });
    expect(ask).not.toHaveBeenCalled();
    plugin({ send: fails(REQUIRED), confirm: () => null });
    expect(await reason(withConfirmation(remove, ask))).toBeInstanceOf(LatchkeyError);
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("stops when the session ends while it confirms", async () => {
    plugin({ send: fails(REQUIRED), confirm: fails({ code: "session-over", message: "" }) });
    const call = withConfirmation(remove, () => Promise.resolve({ password: "autobots rule" }));
    expect(await reason(call)).toMatchObject({ code: "session-over" });
  });
});
