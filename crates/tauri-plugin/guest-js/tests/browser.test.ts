import { describe, expect, it } from "vitest";

import * as latchkey from "../index.js";
import { ANY_ID, fails, plugin, type Response } from "./plugin.js";

const requestId = ANY_ID;
const device = { server: "https://auth.example" };
const signedOut = { state: "signed-out", reason: "never-signed-in", device };
const signedIn = { state: "signed-in", account: { username: "sam", signedInAt: 7 }, device };
const waiting = {
  purpose: "sign-in",
  state: "waiting",
  mode: "here",
  way: "provider",
  provider: "acme",
  url: "https://auth.example/browser/1",
  expiresAt: 1,
};

/** A plugin whose session changes as `views` say, one after the other. */
function changing(first: object, views: object[], others: Record<string, Response> = {}) {
  let now = first;
  return plugin({
    session: () => now,
    start_browser: () => waiting,
    confirm_with_browser: () => waiting,
    link_provider: () => ({ ...waiting, purpose: "link" }),
    cancel_browser: () => signedIn,
    watch: ({ channel }) => {
      const { onmessage } = channel as { onmessage: (view: unknown) => void };
      views.forEach((view) => {
        now = view;
        onmessage(view);
      });
    },
    ...others,
  });
}

const error = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describe("the commands about the browser", () => {
  it.each<[string, () => Promise<unknown>, string, object]>([
    ["startBrowser", () => latchkey.startBrowser(), "start_browser", { requestId }],
    [
      "startBrowser with all",
      () =>
        latchkey.startBrowser({
          way: "provider",
          provider: "acme",
          otherDevice: true,
          language: "de",
          allowKeyFile: true,
          setAsideNewerStore: true,
        }),
      "start_browser",
      {
        way: "provider",
        provider: "acme",
        otherDevice: true,
        language: "de",
        allowKeyFile: true,
        setAsideNewerStore: true,
        requestId,
      },
    ],
    [
      "submitBrowserResult",
      () => latchkey.submitBrowserResult("7M2K-Q01X"),
      "submit_browser_result",
      { text: "7M2K-Q01X", requestId },
    ],
    ["openBrowser", () => latchkey.openBrowser(), "open_browser", {}],
    ["browserQr", () => latchkey.browserQr(), "browser_qr", {}],
    ["cancelBrowser", () => latchkey.cancelBrowser(), "cancel_browser", {}],
    [
      "answerOtherAccount",
      () => latchkey.answerOtherAccount({ replace: true }),
      "answer_other_account",
      { replace: true, requestId },
    ],
    ["passkeys", () => latchkey.passkeys(), "passkeys", {}],
    [
      "addPasskey",
      () => latchkey.addPasskey({ language: "en" }),
      "add_passkey",
      { language: "en", requestId },
    ],
    ["finishPasskey", () => latchkey.finishPasskey("Key"), "finish_passkey", { name: "Key", requestId }],
    [
      "renamePasskey",
      () => latchkey.renamePasskey({ id: "p1", name: "Key" }),
      "rename_passkey",
      { id: "p1", name: "Key", requestId },
    ],
    ["removePasskey", () => latchkey.removePasskey("p1"), "remove_passkey", { id: "p1", requestId }],
    ["links", () => latchkey.links(), "links", {}],
    ["removeLink", () => latchkey.removeLink("l1"), "remove_link", { id: "l1", requestId }],
  ])("%s passes the plugin's names on", async (_, call, command, args) => {
    const calls = plugin({ [command]: () => waiting });
    await call();
    expect(calls).toEqual([[`plugin:latchkey|${command}`, args]]);
  });
});

describe("signInWithBrowser", () => {
  it("resolves to the session once the browser is done", async () => {
    changing(signedOut, [
      { ...signedOut, browser: waiting },
      { ...signedOut, browser: { ...waiting, state: "ready" } },
      signedIn,
    ]);
    expect(await latchkey.signInWithBrowser({ way: "provider", provider: "acme" })).toEqual(signedIn);
  });

  it.each([
    [{ ...signedOut, pending: { kind: "second-factor" } }, "second-factor-required"],
    [{ ...signedOut, pending: { kind: "enrolment" } }, "enrolment-required"],
    [{ ...signedIn, otherAccount: { username: "mikaela" } }, "other-account"],
    [signedOut, "superseded"],
    [{ ...signedOut, browser: { ...waiting, url: "https://auth.example/browser/2" } }, "superseded"],
    [
      {
        ...signedOut,
        browser: { ...waiting, state: "over", error: { code: "browser-expired", message: "" } },
      },
      "browser-expired",
    ],
    [
      {
        ...signedOut,
        browser: { ...waiting, state: "refused", error: { code: "browser-refused", message: "" } },
      },
      "browser-refused",
    ],
  ])("says what it waits for, or why it is over: %j", async (last, code) => {
    changing(signedOut, [{ ...signedOut, browser: waiting }, last]);
    expect(await error(latchkey.signInWithBrowser())).toMatchObject({ code });
  });

  it("does not take the session that there was for a new one", async () => {
    changing(signedIn, [signedIn]);
    expect(await error(latchkey.signInWithBrowser())).toMatchObject({ code: "superseded" });
  });

  it("rejects where it could not begin", async () => {
    changing(signedOut, [], { start_browser: fails({ code: "browser-unavailable", message: "" }) });
    expect(await error(latchkey.signInWithBrowser())).toMatchObject({ code: "browser-unavailable" });
  });
});

describe("confirming in the browser", () => {
  it("resolves once it is done, and closes what is left", async () => {
    const done = { ...signedIn, browser: { ...waiting, purpose: "confirm", state: "done" } };
    const calls = changing(signedIn, [{ ...signedIn, browser: waiting }, done]);
    await latchkey.confirm({ browser: { language: "de" } });
    expect(calls.map(([command]) => command)).toContain("plugin:latchkey|cancel_browser");
  });

  it("rejects when it was given up", async () => {
    changing(signedIn, [signedIn]);
    expect(await error(latchkey.confirmWithBrowser())).toMatchObject({ code: "superseded" });
  });
});

describe("linking a provider's account", () => {
  const linking = { ...waiting, purpose: "link" };

  it("resolves once it is linked, and closes what is left", async () => {
    const done = { ...signedIn, browser: { ...linking, state: "done" } };
    const calls = changing(signedIn, [{ ...signedIn, browser: linking }, done]);
    await latchkey.linkProvider({ provider: "acme", language: "de" });
    expect(calls[0]).toEqual([
      "plugin:latchkey|link_provider",
      { provider: "acme", language: "de", requestId },
    ]);
    expect(calls.map(([command]) => command)).toContain("plugin:latchkey|cancel_browser");
  });

  it.each([
    [{ state: "over", error: { code: "linked-elsewhere", message: "" } }, "linked-elsewhere"],
    [{ state: "refused", error: { code: "browser-refused", message: "" } }, "browser-refused"],
    [{ state: "done", url: "https://auth.example/browser/2" }, "superseded"],
  ])("says why it is not linked: %j", async (last, code) => {
    changing(signedIn, [{ ...signedIn, browser: { ...linking, ...last } }]);
    expect(await error(latchkey.linkProvider({ provider: "acme" }))).toMatchObject({ code });
  });

  it("rejects when it was given up, and where it could not begin", async () => {
    changing(signedIn, [signedIn]);
    expect(await error(latchkey.linkProvider({ provider: "acme" }))).toMatchObject({ code: "superseded" });
    changing(signedIn, [], { link_provider: fails({ code: "confirmation-required", message: "" }) });
    expect(await error(latchkey.linkProvider({ provider: "acme" }))).toMatchObject({
      code: "confirmation-required",
    });
  });
});
