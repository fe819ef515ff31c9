import { describe, expect, it } from "vitest";

import { LatchkeyError, session, signIn } from "../index.js";
import { fails, plugin } from "./plugin.js";

async function errorFrom(rejected: unknown): Promise<LatchkeyError> {
  plugin({ session: fails(rejected) });
  const error: unknown = await session().catch((reason: unknown) => reason);
  if (error instanceof LatchkeyError) return error;
  throw new Error("the call did not reject with a LatchkeyError");
}

describe("an error of the plugin", () => {
  it("has its code, sentence and command", async () => {
    const error = await errorFrom({ code: "not-signed-in", message: "no account is signed in" });
    expect(error).toMatchObject({ name: "LatchkeyError", command: "session", code: "not-signed-in" });
    expect(error.message).toBe("no account is signed in");
    expect(error.cause).toBeUndefined();
  });

  it.each([
    [{ code: "server-unreachable", cause: "timed-out" }, { cause: "timed-out" }],
    [{ code: "not-kept", cause: "disk-full" }, { cause: "disk-full" }],
    [{ code: "keychain-locked", cause: "no-prompter" }, { cause: "no-prompter" }],
    [{ code: "throttled", retryAfterSeconds: 12 }, { retryAfterSeconds: 12 }],
    [{ code: "throttled", retryAfterSeconds: null }, { retryAfterSeconds: undefined }],
    [{ code: "password-too-short", minLength: 15 }, { minLength: 15 }],
    [
      { code: "server-key-unknown", carried: "NzbL", named: "aBcD" },
      { keys: { carried: "NzbL", named: "aBcD" } },
    ],
    [{ code: "confirmation-required", needs: ["password", "code"] }, { needs: ["password", "code"] }],
    [{ code: "confirmation-required", needs: ["password", "soul"] }, { needs: ["password"] }],
    [
      { code: "confirmation-required", needs: "password" },
      { needs: undefined, orPasskey: false },
    ],
    [{ code: "confirmation-required", needs: ["code"], orPasskey: true }, { orPasskey: true }],
    [{ code: "wrong-code", triesLeft: 4 }, { triesLeft: 4 }],
    [{ code: "wrong-code", triesLeft: null }, { triesLeft: undefined }],
    [{ code: "invalid-code", askedHere: false }, { askedHere: false }],
    [{ code: "server-unreachable", cause: 7 }, { cause: undefined }],
  ])("has what belongs to it: %j", async (rejected, details) => {
    expect(await errorFrom({ message: "", ...rejected })).toMatchObject({ code: rejected.code, ...details });
  });
});

describe("any other rejection", () => {
  it.each([
    ["a sentence", "invalid args `password`: autobots rule"],
    ["an error", new Error("autobots rule")],
    ["nothing", undefined],
    ["null", null],
    ["an unknown code", { code: "brand-new", message: "autobots rule" }],
    ["an inherited name", { code: "toString", message: "" }],
    ["a code that is no text", { code: 7, message: "" }],
  ])("is unexpected, without its text: %s", async (_, rejected) => {
    const error = await errorFrom(rejected);
    expect(error.code).toBe("unexpected");
    expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain("autobots");
  });

  it.each([
    "latchkey.session not allowed. Permissions associated with this command: latchkey:default",
    "Command session not found",
    "plugin latchkey not found",
  ])("says what the app's setup lacks: %s", async (sentence) => {
    expect(await errorFrom(sentence)).toMatchObject({ code: "unexpected", message: sentence });
  });

  it("contains no argument of the call", async () => {
    plugin({});
    const error: unknown = await signIn({ username: "Sam", password: "autobots rule" }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ command: "sign_in", code: "unexpected" });
    expect(JSON.stringify(error)).not.toContain("autobots");
  });
});
