import { expect, it } from "vitest";

import { held, signedIn, signedOut } from "./views";
import { openWindow, root } from "./window";

const contacts = (calls: [string, unknown][]) => calls.filter(([command]) => command === "check_in");

it.each([
  ["no account is signed in", signedOut("signed-out")],
  ["the keychain would open a dialogue", held("keychain-locked")],
])("leaves the backend alone when the network returns and %s", async (_, view) => {
  const { calls } = await openWindow(view);
  dispatchEvent(new Event("online"));
  expect(contacts(calls)).toHaveLength(0);
});

it("contacts the server when the network returns, and reports no failure", async () => {
  const { calls } = await openWindow(signedIn({ connection: "offline" }), {
    check_in: () => Promise.reject(new Error("still away")),
  });
  dispatchEvent(new Event("online"));
  expect(contacts(calls)).toHaveLength(1);
  await Promise.resolve();
  expect(root()).toHaveTextContent("Offline");
});
