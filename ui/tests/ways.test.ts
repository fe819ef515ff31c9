// The ways to sign in: links to accounts of providers, and a server without passwords.
import type { Link, Links, SessionView } from "tauri-plugin-latchkey-api";
import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import {
  DAY,
  NOW,
  byMail,
  held,
  inBrowser,
  newSignIn,
  signedIn,
  signedOut,
  waiting,
  withFactor,
} from "./views";
import {
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

const acme: Link = {
  id: "l1",
  provider: "acme",
  name: "Acme",
  linkedAt: NOW - 30 * DAY,
  lastUsedAt: NOW - 2 * DAY,
};
const providers = [
  { id: "acme", name: "Acme" },
  { id: "globex", name: "Globex" },
];
const browser = { passkeys: true, providers, otherDevice: "known" } as const;
const options = { ...byMail, browser };
const passwordless = { ...options, ways: ["code", "browser"] as const };
const noPasskeys = { passkeys: [], available: true, reason: null };
const listed = (...links: Link[]): Links => ({ links, mayLink: providers });
const linking = (change: Parameters<typeof inBrowser>[0] = {}): SessionView => ({
  ...signedIn(),
  browser: inBrowser({ purpose: "link", way: "provider", provider: "acme", ...change }),
});

async function openWays(answers: Answers) {
  const opened = await openWindow(signedIn(), {
    sign_in_options: () => options,
    passkeys: () => noPasskeys,
    cancel_browser: () => signedIn(),
    ...answers,
  });
  await settled();
  await opened.user.click(button("open-passkeys"));
  await expect.poll(() => has('[data-testid="passkeys-status"]')).toBe(true);
  await settled();
  return opened;
}

describe("the links", () => {
  it("are listed beside the passkeys, with a button for each provider", async () => {
    const gone = { ...acme, id: "l2", provider: null, name: "https://id.example.test", lastUsedAt: null };
    await openWays({ links: () => listed(acme, gone) });
    expect(document.querySelector("h1")).toHaveTextContent(words.ways.heading);
    const rows = [...document.querySelectorAll("[data-link]")].map((row) => row.textContent);
    expect(rows[0]).toContain("Acme");
    expect(rows[0]).toContain(words.ways.used("2 days ago"));
    expect(rows[1]).toContain("https://id.example.test");
    expect(rows[1]).toContain(words.ways.unused);
    expect(rows[1]).toContain(words.ways.gone);
    expect(rows[0]).not.toContain(words.ways.gone);
    expect(button("link-acme")).toHaveTextContent(words.ways.linkAnother("Acme"));
    expect(button("link-globex")).toHaveTextContent(words.ways.link("Globex"));
    expect(button("add-passkey")).toBeEnabled();
  });

  it("are not mentioned where there are none and can be none", async () => {
    await openWays({ links: () => ({ links: [], mayLink: [] }) });
    expect(root()).not.toHaveTextContent(words.ways.links);
  });

  it("are none at a server that does not know them", async () => {
    await openWays({ links: fails("server-refused") });
    expect(part("no-passkeys")).toBeInTheDocument();
  });

  it("get a new one in the browser", async () => {
    const links = listed();
    let view: SessionView = signedIn();
    const { calls, user } = await openWays({
      session: () => view,
      links: () => links,
      link_provider: () => (view = linking()).browser,
      cancel_browser: () => (view = signedIn()),
    });
    await user.click(button("link-acme"));
    expect(calls.find(([name]) => name === "link_provider")?.[1]).toEqual({
      provider: "acme",
      language: "en",
      requestId: ANY_ID,
    });
    view = linking({ state: "opened" });
    await sessionChanged(view);
    expect(document.querySelector("h1")).toHaveTextContent(words.ways.link("Acme"));
    expect(root()).toHaveTextContent(words.ways.linking);
    expect(part("browser-status")).toHaveTextContent(words.browser.here.opened);
    links.links.push(acme);
    view = linking({ state: "done" });
    await sessionChanged(view);
    await settled();
    expect(part("passkeys-status")).toHaveTextContent(words.ways.linked);
    expect(document.querySelector("[data-link]")).toHaveTextContent("Acme");
    expect(document.querySelector("h1")).toHaveFocus();
  });

  it.each([
    ["linked-elsewhere", "over"],
    ["browser-refused", "refused"],
    ["browser-expired", "over"],
  ] as const)("say why there is no new one: %s", async (code, state) => {
    let view: SessionView = signedIn();
    const { user } = await openWays({
      session: () => view,
      links: () => listed(),
      link_provider: () => (view = linking()).browser,
      cancel_browser: () => (view = signedIn()),
    });
    await user.click(button("link-acme"));
    view = linking({ state, error: { code, message: "" } });
    await sessionChanged(view);
    await settled();
    expect(part("passkeys-alert")).toHaveTextContent(words.failuresIn.links?.[code] ?? words.failures[code]);
    await sessionChanged(view);
    expect(button("link-acme")).toBeEnabled();
  });

  it("say nothing when the user gives up", async () => {
    let view: SessionView = signedIn();
    const { user } = await openWays({
      session: () => view,
      links: () => listed(),
      link_provider: () => (view = linking()).browser,
      cancel_browser: () => (view = signedIn()),
    });
    await user.click(button("link-acme"));
    view = linking();
    await sessionChanged(view);
    await user.click(button("cancel-link"));
    await sessionChanged(view);
    await settled();
    expect(part("passkeys-alert")).toBeEmptyDOMElement();
    expect(button("link-acme")).toBeEnabled();
  });

  it("are removed after a question, but not the last way", async () => {
    let last = true;
    const { calls, user } = await openWays({
      links: () => listed(acme),
      remove_link: (args) => (last ? fails("last-way")(args) : null),
    });
    const remove = async () => {
      await user.click(button("remove-link"));
      await user.click(button("confirm-remove-link"));
      await settled();
    };
    await remove();
    expect(part("passkeys-alert")).toHaveTextContent(words.failures["last-way"]);
    last = false;
    await user.click(button("confirm-remove-link"));
    await settled();
    expect(calls.filter(([name]) => name === "remove_link").at(-1)?.[1]).toEqual({
      id: "l1",
      requestId: ANY_ID,
    });
    expect(part("passkeys-status")).toHaveTextContent(words.ways.unlinked);
  });

  it("say that it takes a confirmation, which can be refused", async () => {
    const { user } = await openWays({
      links: () => listed(acme),
      link_provider: fails("confirmation-required", { needs: ["password"] }),
    });
    await user.click(button("link-globex"));
    expect(has('dialog[data-dialog="confirm"]')).toBe(true);
    await user.keyboard("{Escape}");
    expect(part("passkeys-status")).toHaveTextContent(words.confirm.cancelled);
  });
});

describe("a server without passwords", () => {
  const CODE = "7M2K-Q9XW-4TR8-HJ3V-J";

  async function useCode(answers: Answers) {
    const opened = await openWindow(signedOut(), {
      sign_in_options: () => passwordless,
      passkeys: () => noPasskeys,
      links: () => listed(),
      ...answers,
    });
    await settled();
    await opened.user.click(button("use-code"));
    await settled();
    return opened;
  }

  it("asks for none, and offers a code to who cannot sign in", async () => {
    const { user } = await openWindow(signedOut(), { sign_in_options: () => passwordless });
    await settled();
    expect(has("input")).toBe(false);
    expect(button("forgot-password")).toHaveTextContent(words.forgot.linkWithout);
    await user.click(button("forgot-password"));
    expect(document.querySelector("h1")).toHaveTextContent(words.forgot.headingWithout);
  });

  it("lets the user change none", async () => {
    await openWindow(signedIn(), { sign_in_options: () => passwordless });
    await settled();
    expect(has("[data-action=open-password]")).toBe(false);
    expect(has("[data-action=open-passkeys]")).toBe(true);
  });

  it("accepts a code alone, and leads to a way to sign in, which may be put off", async () => {
    const { calls, user } = await useCode({ redeem_code: () => signedIn() });
    expect(has("input[name=new-password]")).toBe(false);
    expect(part("no-password")).toHaveTextContent(words.useCode.noPassword);
    expect(button("redeem-code")).toHaveTextContent(words.signIn.submit);
    await user.type(field("code"), `${CODE}{Enter}`);
    expect(calls.find(([name]) => name === "redeem_code")?.[1]).toEqual({
      code: CODE.replaceAll("-", ""),
      requestId: ANY_ID,
    });
    await expect.poll(() => has("[data-action=later]")).toBe(true);
    expect(root()).toHaveAttribute("data-screen", "passkeys");
    expect(document.querySelector("h1")).toHaveTextContent(words.ways.add);
    expect(root()).toHaveTextContent(words.ways.afterCode);
    expect(button("add-passkey")).toBeEnabled();
    expect(button("link-acme")).toBeEnabled();
    await user.click(button("later"));
    expect(root()).toHaveAttribute("data-screen", "signed-in");
    await user.click(button("open-passkeys"));
    await expect.poll(() => has("[data-action=add-passkey]")).toBe(true);
    expect(root()).not.toHaveTextContent(words.ways.afterCode);
  });

  it("leads there after the second step too", async () => {
    let view = signedOut();
    const { user } = await useCode({
      session: () => view,
      redeem_code: (args) => {
        view = waiting(view, "second-factor");
        return fails("second-factor-required")(args);
      },
      second_factor: () => signedIn(),
    });
    await user.type(field("code"), `${CODE}{Enter}`);
    expect(root()).toHaveAttribute("data-screen", "second-factor");
    await user.type(field("code"), "123456{Enter}");
    await expect.poll(() => has("[data-action=later]")).toBe(true);
    expect(root()).toHaveTextContent(words.ways.afterCode);
  });

  it("that has just given passwords up says so, and asks for none", async () => {
    let known: object = options;
    const { user } = await useCode({
      sign_in_options: () => known,
      redeem_code: (args) => {
        known = passwordless;
        return fails("passwords-disabled")(args);
      },
    });
    await user.type(field("code"), CODE);
    await user.type(field("new-password"), "correct horse battery{Enter}");
    await settled();
    expect(root()).toHaveTextContent(words.failuresIn["redeem-code"]?.["passwords-disabled"] ?? "");
    expect(has("input[name=new-password]")).toBe(false);
    expect(field("code")).toHaveValue(CODE);
  });

  it("that wants a password again asks for it", async () => {
    let known: object = passwordless;
    const { user } = await useCode({
      sign_in_options: () => known,
      redeem_code: (args) => {
        known = options;
        return fails("server-refused")(args);
      },
    });
    await user.type(field("code"), `${CODE}{Enter}`);
    await settled();
    expect(root()).toHaveTextContent(words.failuresIn["code-alone"]?.["server-refused"] ?? "");
    expect(field("new-password")).toBeInTheDocument();
  });

  it("says that a lost code can be used once more", async () => {
    const { user } = await useCode({
      redeem_code: fails("server-unreachable", { cause: "connection-lost" }),
    });
    await user.type(field("code"), `${CODE}{Enter}`);
    expect(root()).toHaveTextContent(words.afterCauseUnsure["code-alone"] ?? "");
  });

  it("takes a password away from a form that is open", async () => {
    let known: object = options;
    const { user } = await openWindow(signedOut(), {
      sign_in_options: () => known,
      sign_in: (args) => {
        known = passwordless;
        return fails("passwords-disabled")(args);
      },
    });
    await settled();
    await user.type(field("username"), "sam");
    await user.type(field("password"), "autobots rule{Enter}");
    await settled();
    expect(root()).toHaveTextContent(words.failures["passwords-disabled"]);
    expect(has("input[name=password]")).toBe(false);
    expect(button("browser-provider-acme")).toBeEnabled();
  });

  it("asks to look at the ways to sign in when it was not the user", async () => {
    const { user } = await openWindow(
      { ...signedIn(), notices: 1 },
      {
        sign_in_options: () => passwordless,
        notices: () => [newSignIn],
        answer_notice: () => ({ ended: 1, changePassword: true }),
      },
    );
    await expect.poll(() => has("[data-action=notice-not-mine]")).toBe(true);
    await user.click(button("notice-not-mine"));
    await settled();
    expect(root()).toHaveAttribute("data-screen", "signed-in");
    expect(root()).toHaveTextContent(words.notices.checkWays);
  });
});

describe("two-step sign-in without passwords", () => {
  it("is set up in a session that is held with an operator's code", async () => {
    const { calls, user } = await openWindow(held("factor-required"), {
      sign_in_options: () => passwordless,
      enrol: fails("wrong-code"),
    });
    await user.click(button("set-up-factor"));
    await settled();
    expect(has("input[name=password]")).toBe(false);
    await user.type(field("code"), "7M2K{Enter}");
    expect(calls.find(([name]) => name === "enrol")?.[1]).toEqual({ code: "7M2K", requestId: ANY_ID });
  });

  it("that is lost is switched off after a confirmation in the browser", async () => {
    const { calls, user } = await openWindow(signedIn(), {
      sign_in_options: () => passwordless,
      account: () => withFactor(),
      request_factor_removal: fails("confirmation-required", { needs: ["browser"] }),
    });
    await settled();
    await user.click(button("open-factor"));
    await settled();
    await user.click(button("lost-factor"));
    expect(has("input[name=removal-password]")).toBe(false);
    await user.click(button("remove-factor"));
    expect(has('dialog[data-dialog="confirm"]')).toBe(true);
    expect(calls.find(([name]) => name === "request_factor_removal")?.[1]).toEqual({ requestId: ANY_ID });
  });
});

it("a passkey that waits for its name says how long it waits", async () => {
  const { user } = await openWays({ add_passkey: () => inBrowser({ purpose: "passkey" }) });
  await user.click(button("add-passkey"));
  const ready = inBrowser({ purpose: "passkey", state: "ready", expiresAt: NOW + 290 });
  await sessionChanged({ ...signedIn(), browser: ready });
  expect(part("passkey-left")).toHaveTextContent(words.browser.left("5 minutes"));
});

it("the ways are asked for again when they could not be loaded", async () => {
  const slow = later();
  let away = true;
  const { user } = await openWays({
    links: (args) => (away ? fails("server-unavailable")(args) : slow.answer(args)),
  });
  expect(part("passkeys-alert")).toHaveTextContent(words.failures["server-unavailable"]);
  away = false;
  await user.click(button("load-passkeys"));
  slow.arrive(listed(acme));
  await settled();
  expect(document.querySelector("[data-link]")).toHaveTextContent("Acme");
});
