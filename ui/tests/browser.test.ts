// The browser: the ways in, how a request stands, and the question about another account.
import type { BrowserView, CommandError, SignInOptions } from "tauri-plugin-latchkey-api";
import { describe, expect, it, vi } from "vitest";

import { words } from "../src/words";
import { NOW, byMail, held, inBrowser, pending, signedIn, signedOut } from "./views";
import {
  alertRegion,
  ANY_ID,
  button,
  fails,
  field,
  has,
  later,
  openWindow,
  part,
  root,
  sessionChanged,
  settled,
  type Answers,
} from "./window";

const providers = (...names: string[]): SignInOptions => ({
  ...byMail,
  ways: ["password", "code", "browser"],
  browser: {
    passkeys: false,
    providers: names.map((name, at) => ({ id: `p${String(at)}`, name })),
    otherDevice: "known",
  },
});
const withPasskeys = (options: SignInOptions): SignInOptions => ({
  ...options,
  browser: options.browser && { ...options.browser, passkeys: true },
});
const withoutPasswords = (options: SignInOptions): SignInOptions => ({
  ...options,
  ways: ["code", "browser"],
});
const refusal = (code: CommandError["code"]) => ({ code, message: "" }) as CommandError;

async function openForm(options: SignInOptions, answers: Answers = {}) {
  const opened = await openWindow(signedOut(), { sign_in_options: () => options, ...answers });
  await settled();
  return opened;
}

describe("the ways to sign in", () => {
  it("are the password alone where the server offers nothing else", async () => {
    await openForm(byMail);
    expect(has("[data-action^=browser-]")).toBe(false);
    expect(field("password")).toBeVisible();
  });

  it("are a passkey and a button for each provider besides the password", async () => {
    await openForm(withPasskeys(providers("Acme", "Globex", "Initech", "Umbrella", "Hooli")));
    const labels = [...document.querySelectorAll("[data-action^=browser-]")].map((way) =>
      way.textContent.trim(),
    );
    expect(labels).toEqual([
      words.browser.passkey,
      ...["Acme", "Globex", "Initech", "Umbrella", "Hooli"].map(words.browser.provider),
    ]);
    expect(button("sign-in")).toHaveClass("primary");
    expect(button("browser-passkey")).not.toHaveClass("primary");
  });

  it("have no form where passwords are switched off, and the first button is the main one", async () => {
    await openForm(withoutPasswords(providers("Acme", "Globex")));
    expect(has("input[name=password]")).toBe(false);
    expect(button("forgot-password")).toHaveTextContent(words.forgot.linkWithout);
    expect(has("[data-action=use-code]")).toBe(true);
    expect(button("browser-provider-p0")).toHaveClass("primary");
    expect(button("browser-provider-p1")).not.toHaveClass("primary");
  });

  it("stay as they are while the server cannot be asked", async () => {
    await openWindow(signedOut(), { sign_in_options: fails("server-unreachable") });
    await settled();
    expect(field("password")).toBeVisible();
    expect(alertRegion()).toBeEmptyDOMElement();
  });

  it("show a provider's name without what could turn the text round", async () => {
    await openForm(providers("Acme\u202eevil"));
    expect(button("browser-provider-p0").textContent).not.toContain("\u202e");
  });
});

describe("beginning in the browser", () => {
  it("asks for the way that was chosen, in the window's language", async () => {
    const shown = { ...signedOut(), browser: inBrowser() };
    let view = signedOut() as typeof shown | ReturnType<typeof signedOut>;
    const { calls, user } = await openForm(providers("Acme"), {
      start_browser: () => {
        view = shown;
        return inBrowser();
      },
      session: () => view,
    });
    await user.click(button("browser-provider-p0"));
    expect(calls.find(([name]) => name === "start_browser")?.[1]).toEqual({
      way: "provider",
      provider: "p0",
      language: "en",
      requestId: ANY_ID,
    });
    expect(root()).toHaveAttribute("data-screen", "browser");
    expect(document.querySelector("h1")).toHaveFocus();
  });

  it("offers a key file where the keychain cannot be used", async () => {
    const { calls, user } = await openForm(providers("Acme"), {
      start_browser: fails("key-file-consent", { cause: "missing" }),
    });
    await user.click(button("browser-provider-p0"));
    await user.click(button("browser-with-key-file"));
    expect(calls.filter(([name]) => name === "start_browser").at(-1)?.[1]).toMatchObject({
      way: "provider",
      allowKeyFile: true,
    });
  });
});

describe("a session that its provider holds", () => {
  const open = async (options: SignInOptions) => {
    const opened = await openWindow(held("provider-sign-in-required"), {
      sign_in_options: () => options,
      start_browser: () => ({ url: "https://auth.example.com/browser/1" }),
    });
    await settled();
    return opened;
  };

  it("has the provider's own button, which begins there, before the other ways", async () => {
    const { calls, user } = await open(withPasskeys(providers("Acme")));
    expect(button("browser-provider-p0")).toHaveClass("primary");
    expect(document.querySelectorAll(".primary")).toHaveLength(1);
    expect(has("[data-action=browser-passkey]")).toBe(false);
    expect(button("open-sign-in")).toHaveTextContent(words.held.signInOtherwise);
    await user.click(button("browser-provider-p0"));
    expect(calls.find(([name]) => name === "start_browser")?.[1]).toMatchObject({
      way: "provider",
      provider: "p0",
    });
  });

  it.each([
    ["several providers", providers("Acme", "Globex")],
    ["none", byMail],
  ])("leads to the form where the server offers %s", async (_, options) => {
    await open(options);
    expect(has("[data-action^=browser-]")).toBe(false);
    expect(button("open-sign-in")).toHaveClass("primary");
    expect(button("open-sign-in")).toHaveTextContent(words.held.signInAnew);
  });

  it("leads to the form while the server cannot be asked", async () => {
    await openWindow(held("provider-sign-in-required"), { sign_in_options: fails("server-unreachable") });
    await settled();
    expect(button("open-sign-in")).toHaveClass("primary");
    expect(alertRegion()).toBeEmptyDOMElement();
  });
});

describe("a request in the browser", () => {
  const open = async (change: Partial<BrowserView>, answers: Answers = {}) => {
    const opened = await openWindow(
      { ...signedOut(), browser: inBrowser(change) },
      { browser_qr: () => "<svg/>", sign_in_options: () => providers("Acme"), ...answers },
    );
    await settled();
    return opened;
  };

  it.each(["waiting", "opened", "finished", "ready"] as const)("says that it is %s", async (state) => {
    await open({ state });
    expect(part("browser-status")).toHaveTextContent(words.browser.here[state]);
    expect(has("[data-action=cancel]")).toBe(state !== "ready");
  });

  it.each(["waiting", "opened", "finished", "ready"] as const)(
    "says it of another device: %s",
    async (state) => {
      await open({ state, mode: "other" });
      expect(part("browser-status")).toHaveTextContent(words.browser.other[state]);
      expect(part("qr-code")).toHaveAttribute("alt", words.browser.picture);
    },
  );

  it.each(["no-browser", "over-ssh", "no-display", "inside-windows", "failed"] as const)(
    "says why the browser did not open, and shows the address: %s",
    async (notOpened) => {
      await open({ notOpened });
      expect(part("browser-alert")).toHaveTextContent(words.browser.notOpened[notOpened]);
      expect(part("browser-status").textContent.trim()).toBe("");
      expect(field("browser-address")).toHaveValue(inBrowser().url);
      expect(button("open-browser")).toHaveTextContent(words.browser.open);
    },
  );

  it.each([
    "provider-away",
    "provider-refused",
    "account-not-allowed",
    "account-unknown",
    "link-needed",
    "browser-failed",
  ] as const)("says what went wrong there, and goes on: %s", async (code) => {
    await open({ state: "failed", error: refusal(code) });
    expect(part("browser-alert")).toHaveTextContent(words.failures[code]);
    expect(has("[data-action=begin-anew]")).toBe(false);
  });

  it.each([
    ["over", "browser-expired"],
    ["refused", "browser-refused"],
  ] as const)("can be begun again when it is %s", async (state, code) => {
    const { calls, user } = await open(
      { state, error: refusal(code), way: "provider", provider: "p0" },
      { start_browser: () => inBrowser() },
    );
    expect(part("browser-alert")).toHaveTextContent(words.failures[code]);
    await user.click(button("begin-anew"));
    expect(calls.find(([name]) => name === "start_browser")?.[1]).toMatchObject({
      way: "provider",
      provider: "p0",
    });
  });

  it("takes a click that comes before the answer to the last one, once it shows what that has led to", async () => {
    const answer = later();
    const asked: unknown[] = [];
    const refused = { state: "refused", mode: "other", error: refusal("browser-refused") } as const;
    const other = inBrowser({ mode: "other", url: "http://127.0.0.1:5468/browser/anew" });
    const { user } = await open(refused, {
      start_browser: (args) => {
        asked.push(args);
        return asked.length === 1 ? answer.answer(args) : null;
      },
      session: () => ({ ...signedOut(), browser: asked.length === 0 ? inBrowser(refused) : other }),
    });
    await user.click(button("begin-anew"));
    await user.click(button("begin-anew"));
    expect(asked).toHaveLength(1);
    await sessionChanged({ ...signedOut(), browser: other });
    await user.click(button("this-device"));
    expect(asked).toHaveLength(1);
    answer.arrive(null);
    await vi.waitFor(() => {
      expect(asked).toEqual([
        expect.objectContaining({ otherDevice: true }),
        expect.not.objectContaining({ otherDevice: true }),
      ]);
    });
  });

  it("can be opened again, cancelled, and left by Escape", async () => {
    const { calls, user } = await open(
      {},
      { open_browser: () => ({ ...signedOut(), browser: inBrowser() }), cancel_browser: () => signedOut() },
    );
    await user.click(button("open-browser"));
    expect(calls.at(-1)?.[0]).toBe("open_browser");
    await user.keyboard("{Escape}");
    expect(calls.map(([name]) => name)).toContain("cancel_browser");
    expect(root()).toHaveAttribute("data-screen", "sign-in");
  });

  it("copies the address, or shows it selected where there is no clipboard", async () => {
    const { user } = await open({});
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValueOnce();
    await user.click(button("copy-address"));
    expect(write).toHaveBeenCalledWith(inBrowser().url);
    expect(part("browser-status")).toHaveTextContent(words.browser.copied);
    write.mockRejectedValueOnce(new Error("no clipboard"));
    await user.click(button("copy-address"));
    expect(field("browser-address")).toHaveFocus();
  });

  it("shows how much time is left", async () => {
    await open({ expiresAt: NOW + 120 });
    expect(part("browser-left")).toHaveTextContent("2 minutes left");
  });

  it("does not add the time since the clock's last tick", async () => {
    await open({ expiresAt: NOW + 329 });
    expect(part("browser-left")).toHaveTextContent("5 minutes left");
  });

  it("takes the characters of another device, and says a slip", async () => {
    const { calls, user } = await open(
      { mode: "other", state: "finished" },
      { submit_browser_result: fails("malformed-code") },
    );
    await user.click(button("submit-result"));
    expect(part("result-alert")).toHaveTextContent(words.browser.missing);
    await user.type(field("result"), "7M2K-Q01{Enter}");
    expect(calls.at(-1)).toEqual(["submit_browser_result", { text: "7M2K-Q01", requestId: ANY_ID }]);
    expect(alertRegion()).toHaveTextContent(words.failuresIn.browser?.["malformed-code"] ?? "");
    expect(field("result")).toHaveFocus();
  });

  it("says once that a result is wrong, and then only what came after it", async () => {
    const now = (change: Partial<BrowserView>) => ({
      ...signedOut(),
      browser: inBrowser({ mode: "other", state: "finished", ...change }),
    });
    let view = now({});
    const { user } = await open(
      { mode: "other", state: "finished" },
      {
        session: () => view,
        submit_browser_result: (args) => {
          view = now({ error: { code: "wrong-result", triesLeft: 4, message: "" } });
          return fails("wrong-result", { triesLeft: 4 })(args);
        },
      },
    );
    await user.type(field("result"), "7M2K-Q01X{Enter}");
    expect(part("browser-alert")).toHaveTextContent(words.failures["wrong-result"]);
    expect(alertRegion()).toBeEmptyDOMElement();
    expect(field("result")).toHaveAttribute("aria-invalid", "true");
    await sessionChanged(now({ state: "over", error: { code: "browser-expired", message: "" } }));
    expect(part("browser-alert")).toHaveTextContent(words.failures["browser-expired"]);
    expect(alertRegion()).toBeEmptyDOMElement();
  });

  it("leads to the second step and to the session", async () => {
    await open({ state: "ready" });
    await sessionChanged({ ...signedOut(), pending: pending("second-factor") });
    expect(root()).toHaveAttribute("data-screen", "second-factor");
    await sessionChanged(signedIn());
    expect(root()).toHaveAttribute("data-screen", "signed-in");
  });

  it("shows over what the user is doing while signed in", async () => {
    await openWindow({ ...signedIn(), browser: inBrowser() });
    expect(document.querySelector("dialog")).toHaveAttribute("data-dialog", "sign-in");
    expect(part("browser-status")).toHaveTextContent(words.browser.here.waiting);
  });
});

describe("the sign-in of another account", () => {
  const view = {
    ...signedIn(),
    otherAccount: { username: "mikaela", givenName: "Mikaela", familyName: null },
  };

  it("asks, names both, and Enter keeps the present one", async () => {
    const { calls, user } = await openWindow(view, { answer_other_account: () => signedIn() });
    await settled();
    expect(part("other-account")).toHaveTextContent(/Mikaela \(mikaela\).*Sam Witwicky \(Ladiesman217\)/);
    expect(button("keep-account")).toHaveFocus();
    await user.keyboard("{Enter}");
    expect(calls.at(-1)).toEqual(["answer_other_account", { replace: false, requestId: ANY_ID }]);
    expect(has("dialog")).toBe(false);
  });

  it("replaces it when the user says so", async () => {
    const { calls, user } = await openWindow(view, { answer_other_account: () => signedIn() });
    await user.click(button("replace-account"));
    expect(calls.at(-1)).toEqual(["answer_other_account", { replace: true, requestId: ANY_ID }]);
  });
});
