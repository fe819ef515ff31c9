// Passkeys: the list, adding one in the browser, its name, and removing it.
import type { Passkey, Passkeys } from "tauri-plugin-latchkey-api";
import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { DAY, NOW, byMail, inBrowser, signedIn } from "./views";
import {
  ANY_ID,
  button,
  fails,
  field,
  has,
  openWindow,
  part,
  root,
  sessionChanged,
  settled,
  type Answers,
} from "./window";

const key: Passkey = {
  id: "p1",
  name: "Yubikey",
  createdAt: NOW - 30 * DAY,
  lastUsedAt: NOW - 2 * DAY,
  synced: false,
  suspicious: false,
};
const listed = (...passkeys: Passkey[]): Passkeys => ({ passkeys, available: true, reason: null });
const options = {
  ...byMail,
  browser: { passkeys: true, providers: [], otherDevice: "known" } as const,
};

async function openPasskeys(answers: Answers) {
  const opened = await openWindow(signedIn(), { sign_in_options: () => options, ...answers });
  await settled();
  await opened.user.click(button("open-passkeys"));
  // The screen is loaded then.
  await expect.poll(() => has('[data-testid="passkeys-status"]')).toBe(true);
  await settled();
  return opened;
}

describe("the passkeys", () => {
  it("are listed with what is known of them", async () => {
    const doubtful = { ...key, id: "p2", name: "Phone", lastUsedAt: null, synced: true, suspicious: true };
    await openPasskeys({ passkeys: () => listed(key, doubtful) });
    expect(root()).toHaveAttribute("data-screen", "passkeys");
    const rows = [...document.querySelectorAll("[data-passkey]")].map((row) => row.textContent);
    expect(rows[0]).toContain("Yubikey");
    expect(rows[0]).toContain(words.passkeys.used("2 days ago"));
    expect(rows[0]).not.toContain(words.passkeys.suspicious);
    for (const said of [words.passkeys.unused, words.passkeys.synced, words.passkeys.suspicious])
      expect(rows[1]).toContain(said);
  });

  it.each(["address", "not-secure", "other"] as const)("say why there can be none: %s", async (reason) => {
    await openPasskeys({ passkeys: () => ({ passkeys: [], available: false, reason }) });
    expect(part("passkeys-unavailable")).toHaveTextContent(words.passkeys.unavailable[reason]);
    expect(has("[data-action=add-passkey]")).toBe(false);
  });

  it("are not offered by a server without them", async () => {
    await openWindow(signedIn(), { sign_in_options: () => byMail });
    await settled();
    expect(has("[data-action=open-passkeys]")).toBe(false);
  });

  it("say that the server is away, and can be asked for again", async () => {
    const { user } = await openPasskeys({ passkeys: fails("server-unreachable") });
    expect(part("passkeys-status")).toHaveTextContent(
      words.failuresIn.passkeys?.["server-unreachable"] ?? "",
    );
    await user.click(button("load-passkeys"));
    expect(has("[data-action=load-passkeys]")).toBe(true);
  });

  it.each(["too-many-passkeys", "passkey-taken", "browser-unavailable"] as const)(
    "say why none can be added: %s",
    async (code) => {
      const { user } = await openPasskeys({ passkeys: () => listed(), add_passkey: fails(code) });
      await user.click(button("add-passkey"));
      const said = part("passkeys-alert");
      expect(said).toHaveTextContent(words.failuresIn.passkeys?.[code] ?? words.failures[code]);
      expect(said).toHaveTextContent(/passkey/);
    },
  );

  it("get a new one in the browser, which counts after its name", async () => {
    const passkeys = listed();
    const { calls, user } = await openPasskeys({
      passkeys: () => passkeys,
      add_passkey: () => inBrowser({ purpose: "passkey" }),
      cancel_browser: () => signedIn(),
      finish_passkey: () => {
        passkeys.passkeys.push(key);
        return key;
      },
    });
    await user.click(button("add-passkey"));
    expect(calls.at(-1)).toEqual(["add_passkey", { language: "en", requestId: ANY_ID }]);
    await sessionChanged({ ...signedIn(), browser: inBrowser({ purpose: "passkey", state: "opened" }) });
    expect(part("browser-status")).toHaveTextContent(words.browser.here.opened);
    const ready = inBrowser({ purpose: "passkey", state: "ready", suggestedName: "Chromium on Linux" });
    await sessionChanged({ ...signedIn(), browser: ready });
    expect(field("passkey-name")).toHaveValue("Chromium on Linux");
    expect(field("passkey-name")).toHaveFocus();
    await user.keyboard("Yubikey{Enter}");
    expect(calls.find(([name]) => name === "finish_passkey")?.[1]).toEqual({
      name: "Yubikey",
      requestId: ANY_ID,
    });
    await sessionChanged(signedIn());
    await settled();
    expect(part("passkeys-status")).toHaveTextContent(words.passkeys.added);
    expect(document.querySelector("[data-passkey]")).toHaveTextContent("Yubikey");
  });

  it("are given up when the screen is left", async () => {
    const { calls, user } = await openPasskeys({
      passkeys: () => listed(),
      cancel_browser: () => signedIn(),
    });
    await sessionChanged({ ...signedIn(), browser: inBrowser({ purpose: "passkey" }) });
    await user.click(button("back"));
    expect(calls.at(-1)?.[0]).toBe("cancel_browser");
  });

  it("are renamed and removed after a question", async () => {
    const { calls, user } = await openPasskeys({
      passkeys: () => listed(key),
      rename_passkey: () => key,
      remove_passkey: () => null,
    });
    await user.click(button("rename-passkey"));
    await user.clear(field("passkey-name"));
    await user.type(field("passkey-name"), "Desk key{Enter}");
    expect(calls.find(([name]) => name === "rename_passkey")?.[1]).toEqual({
      id: "p1",
      name: "Desk key",
      requestId: ANY_ID,
    });
    await settled();
    expect(button("rename-passkey")).toHaveFocus();
    await user.click(button("remove-passkey"));
    await user.click(button("confirm-remove-passkey"));
    expect(calls.find(([name]) => name === "remove_passkey")?.[1]).toEqual({ id: "p1", requestId: ANY_ID });
    await settled();
    expect(part("passkeys-status")).toHaveTextContent(words.passkeys.removed);
  });
});
