import { describe, expect, it } from "vitest";

import * as latchkey from "../index.js";
import { ANY_ID, plugin } from "./plugin.js";

const view = { state: "signed-out", reason: "never-signed-in" };
const requestId = ANY_ID;

describe("the commands", () => {
  it.each<[string, () => Promise<unknown>, string, object]>([
    ["session", () => latchkey.session(), "session", {}],
    [
      "signIn",
      () => latchkey.signIn({ username: "Ladiesman217", password: "autobots rule" }),
      "sign_in",
      { username: "Ladiesman217", password: "autobots rule", requestId },
    ],
    [
      "signIn with a key file",
      () => latchkey.signIn({ username: "Ladiesman217", password: "autobots rule", allowKeyFile: true }),
      "sign_in",
      { username: "Ladiesman217", password: "autobots rule", allowKeyFile: true, requestId },
    ],
    [
      "signIn over a newer store",
      () =>
        latchkey.signIn({ username: "Ladiesman217", password: "autobots rule", setAsideNewerStore: true }),
      "sign_in",
      { username: "Ladiesman217", password: "autobots rule", setAsideNewerStore: true, requestId },
    ],
    ["signOut", () => latchkey.signOut(), "sign_out", { requestId }],
    ["checkIn", () => latchkey.checkIn(), "check_in", { requestId }],
    ["sessions", () => latchkey.sessions(), "sessions", {}],
    ["endSession", () => latchkey.endSession("desk"), "end_session", { sid: "desk", requestId }],
    ["signInOptions", () => latchkey.signInOptions(), "sign_in_options", {}],
    [
      "redeemCode",
      () => latchkey.redeemCode({ code: "ab cd", newPassword: "roll out", username: "Sam" }),
      "redeem_code",
      { code: "ab cd", newPassword: "roll out", username: "Sam", requestId },
    ],
    [
      "redeemCode of an invitation",
      () => latchkey.redeemCode({ code: "abcd", newPassword: "roll out", allowKeyFile: true }),
      "redeem_code",
      { code: "abcd", newPassword: "roll out", allowKeyFile: true, requestId },
    ],
    [
      "redeemCode without a password",
      () => latchkey.redeemCode({ code: "abcd" }),
      "redeem_code",
      { code: "abcd", requestId },
    ],
    [
      "secondFactor",
      () => latchkey.secondFactor({ code: "123456" }),
      "second_factor",
      { code: "123456", requestId },
    ],
    ["enrol", () => latchkey.enrol(), "enrol", { requestId }],
    [
      "enrol with a password",
      () => latchkey.enrol({ password: "autobots rule" }),
      "enrol",
      { password: "autobots rule", requestId },
    ],
    ["cancelSignIn", () => latchkey.cancelSignIn(), "cancel_sign_in", {}],
    ["account", () => latchkey.account(), "account", {}],
    ["startTotp", () => latchkey.startTotp(), "start_totp", { requestId }],
    ["newRecoveryCodes", () => latchkey.newRecoveryCodes(), "new_recovery_codes", { requestId }],
    [
      "requestFactorRemoval",
      () => latchkey.requestFactorRemoval({ password: "p" }),
      "request_factor_removal",
      { password: "p", requestId },
    ],
    ["notices", () => latchkey.notices(), "notices", {}],
    [
      "answerNotice",
      () => latchkey.answerNotice({ id: "n1", answer: "not-mine" }),
      "answer_notice",
      { id: "n1", answer: "not-mine", requestId },
    ],
    ["endOtherSessions", () => latchkey.endOtherSessions(), "end_other_sessions", { requestId }],
  ])("%s passes the plugin's names on and returns its response", async (_, call, command, args) => {
    const calls = plugin({ [command]: () => view });
    expect(await call()).toEqual(view);
    expect(calls).toEqual([[`plugin:latchkey|${command}`, args]]);
  });

  it("changePassword returns nothing", async () => {
    const calls = plugin({ change_password: () => null });
    const change = { current: "autobots rule", new: "decepticons drool", endOthers: true };
    expect(await latchkey.changePassword(change)).toBeUndefined();
    expect(calls).toEqual([["plugin:latchkey|change_password", { ...change, requestId }]]);
  });

  it.each<[string, () => Promise<void>, string, object]>([
    [
      "forgotPassword",
      () => latchkey.forgotPassword({ username: "Sam", allowKeyFile: true }),
      "forgot_password",
      { username: "Sam", allowKeyFile: true, requestId },
    ],
    ["confirm", () => latchkey.confirm({ password: "p" }), "confirm", { password: "p", requestId }],
    [
      "enableTotp",
      () => latchkey.enableTotp({ code: "123456" }),
      "enable_totp",
      { code: "123456", requestId },
    ],
    ["disableTotp", () => latchkey.disableTotp(), "disable_totp", { requestId }],
    ["cancelFactorRemoval", () => latchkey.cancelFactorRemoval(), "cancel_factor_removal", { requestId }],
  ])("%s returns nothing", async (_, call, command, args) => {
    const calls = plugin({ [command]: () => null });
    expect(await call()).toBeUndefined();
    expect(calls).toEqual([[`plugin:latchkey|${command}`, args]]);
  });

  it("a repeated call has another request id", async () => {
    const calls = plugin({ check_in: () => view });
    await latchkey.checkIn();
    await latchkey.checkIn();
    const ids = calls.map(([, args]) => (args as { requestId: string }).requestId);
    expect(new Set(ids).size).toBe(2);
  });
});
