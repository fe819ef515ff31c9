import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { SIGNED_OUT_REASONS, device, held, signedIn, signedOut } from "./views";
import { alertRegion, button, field, openWindow, part, root, sessionChanged } from "./window";

describe("the reason for being signed out", () => {
  it("is not shown if no account ever was signed in", async () => {
    await openWindow(signedOut("never-signed-in"));
    expect(part("status")).toHaveTextContent(/^$/);
  });

  it.each(SIGNED_OUT_REASONS.filter((reason) => reason !== "never-signed-in"))(
    "is a status above the form: %s",
    async (reason) => {
      await openWindow(signedOut(reason));
      expect(root()).toHaveAttribute("data-reason", reason);
      expect(part("status")).toHaveTextContent(words.signedOut[reason]);
      expect(alertRegion()).toBeEmptyDOMElement();
      expect(button("sign-in")).toBeVisible();
    },
  );

  it("is replaced by the next problem", async () => {
    const { user } = await openWindow(signedOut("revoked"));
    await user.click(button("sign-in"));
    expect(part("status")).toHaveTextContent(/^$/);
    expect(alertRegion()).not.toBeEmptyDOMElement();
  });
});

describe("the username of the last session", () => {
  it.each(["revoked", "replaced", "session-ended"] as const)("is in the form after %s", async (reason) => {
    await openWindow(signedIn());
    await sessionChanged(signedOut(reason));
    expect(field("username")).toHaveValue("Ladiesman217");
    expect(field("password")).toHaveFocus();
  });

  it.each(["signed-out", "device-changed", "store-damaged"] as const)("is gone after %s", async (reason) => {
    await openWindow(signedIn());
    await sessionChanged(signedOut(reason));
    expect(field("username")).toHaveValue("");
    expect(field("username")).toHaveFocus();
    expect(document.body.innerHTML).not.toContain("Ladiesman217");
  });
});

describe("this device", () => {
  it.each([signedOut(), held("lease-expired"), signedIn()])("is shown on every screen", async (view) => {
    await openWindow(view);
    const details = document.querySelector("details");
    expect(details).not.toHaveAttribute("open");
    for (const value of [device.id, device.keyFingerprint, device.server, device.version])
      expect(details).toHaveTextContent(value ?? "");
    expect(details).toHaveTextContent("In this computer’s keyring.");
  });

  it("says where things are when the computer has neither machine id nor keychain", async () => {
    await openWindow({ ...signedOut(), device: { ...device, idSource: "installation", keyPlace: "file" } });
    const details = document.querySelector("details");
    expect(details).toHaveTextContent(
      "A random id of this installation, because the computer has no machine id.",
    );
    expect(details).toHaveTextContent(
      "In a file only you can read, because this computer offers no keyring.",
    );
  });

  it("says what is not known yet", async () => {
    const nothing = { id: null, idSource: null, keyFingerprint: null, keyPlace: null };
    await openWindow({ ...signedOut(), device: { ...device, ...nothing } });
    expect(document.querySelector("details")).toHaveTextContent("Not known yet");
    expect(document.querySelector("details")).toHaveTextContent("None until you sign in");
  });
});
