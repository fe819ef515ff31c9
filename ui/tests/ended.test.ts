// Who is put out learns when and by whom, and has a way back in.
import type { SessionView } from "tauri-plugin-latchkey-api";
import { describe, expect, it } from "vitest";

import { NOW, SIGNED_OUT_REASONS, byMail, device } from "./views";
import { button, has, openWindow, part, root } from "./window";

type SignedOut = Extract<SessionView, { state: "signed-out" }>;

const ended = (reason: SignedOut["reason"], name: string | null = "desk"): SessionView => ({
  state: "signed-out",
  reason,
  ended: { at: NOW - 3600, by: name === null ? null : { name, platform: "windows" } },
  device,
});

describe("a session that was ended elsewhere", () => {
  it.each([
    ["password-reset", "Your password was set anew on 23 November at 11:00. Not you?"],
    ["ended-by-device", "“desk” signed this device out on 23 November at 11:00. Not you?"],
    ["not-me", "Another device of yours said “Not me” about this sign-in"],
  ] as const)("says when and by whom: %s", async (reason, sentence) => {
    await openWindow(ended(reason));
    expect(part("status")).toHaveTextContent(sentence);
  });

  it("has a sentence where the device has no name", async () => {
    await openWindow(ended("ended-by-device", null));
    expect(part("status")).toHaveTextContent("This device was signed out on 23 November at 11:00. Not you?");
  });

  it.each(["password-reset", "ended-by-device"] as const)("has the way back in: %s", async (reason) => {
    const { user } = await openWindow(ended(reason), { sign_in_options: () => byMail });
    await user.click(button("not-you"));
    expect(root()).toHaveAttribute("data-screen", "forgot-password");
  });

  it.each(SIGNED_OUT_REASONS.filter((reason) => reason !== "password-reset" && reason !== "ended-by-device"))(
    "does not suggest a stranger without reason: %s",
    async (reason) => {
      await openWindow(ended(reason));
      expect(has('[data-action="not-you"]')).toBe(false);
    },
  );

  it("quotes a hostile name as text", async () => {
    await openWindow(ended("ended-by-device", "<b>x</b>” ".repeat(20)));
    expect(has("main b")).toBe(false);
    expect(part("status").textContent).toMatch(/“<b>x<\/b>' <b>.{0,40}…”/);
  });
});
