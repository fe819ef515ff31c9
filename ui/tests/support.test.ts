import { describe, expect, it, vi } from "vitest";

import { NOW, device, held, sam, signedIn } from "./views";
import { button, openWindow, part } from "./window";

async function openDetails(view = signedIn() as ReturnType<typeof held>) {
  const opened = await openWindow(view);
  document.querySelector("details")?.setAttribute("open", "");
  return opened;
}

describe("Copy for support", () => {
  it("copies what the screen shows of the device, and no name", async () => {
    const { user } = await openDetails();
    await user.click(button("copy-support"));
    const text = await navigator.clipboard.readText();
    expect(text).toContain(`Device id: ${String(device.id)}`);
    expect(text).toContain(`Key fingerprint: ${String(device.keyFingerprint)}`);
    expect(text).toContain("State: signed-in, online");
    expect(text).toContain(`Unix time: ${String(NOW)}`);
    for (const name of [sam.username, sam.givenName, sam.familyName, sam.email])
      expect(text).not.toContain(name);
    expect(part("copied")).toHaveTextContent("It holds no password and no key.");
  });

  it("shows the text where there is no clipboard", async () => {
    const { user } = await openDetails(held("keychain-locked"));
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("no"));
    await user.click(button("copy-support"));
    const text = document.querySelector("textarea");
    expect(text).toHaveFocus();
    expect(text?.value).toContain("State: held, keychain-locked");
  });
});
