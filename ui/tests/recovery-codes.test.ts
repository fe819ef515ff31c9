import { describe, expect, it, vi } from "vitest";

import { words } from "../src/words";
import { proposal, signedIn, signedOut, withFactor } from "./views";
import {
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

const CODES = proposal.recoveryCodes;

async function openCodes(answers: Answers = {}) {
  const opened = await openWindow(signedIn(), {
    account: () => withFactor(),
    new_recovery_codes: () => CODES,
    ...answers,
  });
  await opened.user.click(button("open-factor"));
  await settled();
  await opened.user.click(button("new-codes"));
  await opened.user.click(button("confirm-new-codes"));
  await settled();
  return opened;
}

describe("recovery codes", () => {
  it("are shown in a list that is read out, on a screen of their own", async () => {
    await openCodes();
    expect(root()).toHaveAttribute("data-screen", "recovery-codes");
    expect(document.querySelector("h1")).toHaveFocus();
    expect(part("recovery-codes")).toHaveAccessibleName("Recovery codes");
    expect([...part("recovery-codes").querySelectorAll("code")].map((code) => code.textContent)).toEqual(
      CODES,
    );
  });

  it("are copied as text with a line about what they are", async () => {
    const { user } = await openCodes();
    await user.click(button("copy-codes"));
    expect(part("codes-status")).toHaveTextContent("Copied.");
    const text = await navigator.clipboard.readText();
    expect(text).toContain("Recovery codes of Ladiesman217 for Latchkey.");
    for (const code of CODES) expect(text).toContain(code);
  });

  it("say what to do where there is no clipboard", async () => {
    const { user } = await openCodes();
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("no clipboard"));
    await user.click(button("copy-codes"));
    expect(part("codes-alert")).toHaveTextContent(words.recovery.notCopied);
  });

  it.each([
    ["/home/sam/codes.txt", "codes-status", "Saved as /home/sam/codes.txt."],
    [null, "codes-status", ""],
  ])("are saved where the person says: %j", async (path, region, sentence) => {
    const { calls, user } = await openCodes({ save_recovery_codes: () => path });
    await user.click(button("save-codes"));
    const [, args] = calls.find(([name]) => name === "save_recovery_codes") ?? [];
    expect((args as { text: string }).text).toContain(CODES[9]);
    expect(part(region)).toHaveTextContent(sentence);
    expect(part("codes-alert")).toBeEmptyDOMElement();
  });

  it("say so when they cannot be saved", async () => {
    const { user } = await openCodes({ save_recovery_codes: fails("not-kept") });
    await user.click(button("save-codes"));
    expect(part("codes-alert")).toHaveTextContent(words.recovery.notSaved);
  });

  it("are printed without the rest of the window", async () => {
    const print = vi.spyOn(window, "print").mockReturnValue();
    const { user } = await openCodes();
    expect(document.documentElement).toHaveAttribute("data-print", "codes");
    await user.click(button("print-codes"));
    expect(print).toHaveBeenCalledOnce();
    await user.click(field("codes-kept"));
    await user.click(button("codes-kept"));
    expect(document.documentElement).not.toHaveAttribute("data-print");
  });

  it("stay until it was said that they are kept, and then leave the page", async () => {
    const { user } = await openCodes();
    await user.click(button("codes-kept"));
    expect(part("codes-alert")).toHaveTextContent(words.recovery.keepFirst);
    expect(field("codes-kept")).toHaveFocus();
    await user.keyboard("{Escape}");
    expect(root()).toHaveAttribute("data-screen", "recovery-codes");
    await user.keyboard(" ");
    await user.click(button("codes-kept"));
    expect(root()).toHaveAttribute("data-screen", "factor");
    for (const code of CODES) expect(document.body.innerHTML).not.toContain(code);
  });

  it("leave the page together with the session", async () => {
    await openCodes();
    await sessionChanged(signedOut("revoked"));
    expect(document.body.innerHTML).not.toContain(CODES[0]);
    expect(has('[data-testid="recovery-codes"]')).toBe(false);
    expect(root()).toHaveAttribute("data-screen", "sign-in");
  });
});
