import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { NOW, DAY, STORAGE_FAULTS, device, held, signedIn } from "./views";
import { alertRegion, button, fails, openWindow, root } from "./window";

describe.each(STORAGE_FAULTS)("files that cannot be used: %s", (cause) => {
  it("is said when the session is not stored", async () => {
    await openWindow(signedIn({ lease: { endsAt: NOW + 14 * DAY, kept: false, cause } }));
    expect(alertRegion()).toHaveTextContent("You are signed in, but only until this window closes");
    expect(alertRegion()).toHaveTextContent(words.storage[cause]);
  });

  it("is said when the session cannot be removed", async () => {
    const { user } = await openWindow(signedIn(), { sign_out: fails("not-kept", { cause }) });
    await user.click(button("sign-out"));
    expect(alertRegion()).toHaveTextContent("The session could not be removed from this computer.");
    expect(alertRegion()).toHaveTextContent(words.storage[cause]);
    expect(root()).toHaveAttribute("data-state", "signed-in");
  });

  it.each(["store-unreadable", "device-id-unavailable"] as const)(
    "is said when the session is held with %s",
    async (reason) => {
      await openWindow(held(reason, cause));
      expect(root()).toHaveAttribute("data-cause", cause);
      expect(document.querySelector("h1")).toHaveTextContent(words.held[reason].heading);
      expect(root()).toHaveTextContent(words.storage[cause]);
      expect(alertRegion()).toBeEmptyDOMElement();
    },
  );
});

describe("a key that other devices use", () => {
  it("is not mentioned where there are none", async () => {
    await openWindow(signedIn());
    expect(document.querySelector("details")).not.toHaveTextContent(words.device.shared);
  });

  it("is said in the view of this device", async () => {
    await openWindow(signedIn({ device: { ...device, sharedWith: 1 } }));
    expect(document.querySelector("details")).toHaveTextContent(words.device.sharedWith(1));
  });
});
