import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { SECRET_ERRORS, held, signedIn, signedOut } from "./views";
import type { Answers } from "./window";
import { ANY_ID, alertRegion, button, fails, field, has, openWindow, paste, root } from "./window";

async function fillIn(view = signedOut(), answers: Answers = {}) {
  const opened = await openWindow(view, answers);
  if (view.state === "held") await opened.user.click(button("open-sign-in"));
  await paste(opened.user, field("username"), "Ladiesman217");
  await paste(opened.user, field("password"), "autobots rule");
  return opened;
}

describe.each(SECRET_ERRORS)("a session whose key cannot be read: %s", (cause) => {
  it("has its own sentence and all ways out", async () => {
    await openWindow(held("keychain-unavailable", cause));
    expect(root()).toHaveAttribute("data-cause", cause);
    expect(document.querySelector("h1")).toHaveTextContent(words.secretErrors[cause].heading);
    expect(root()).toHaveTextContent(words.secretErrors[cause].sentence);
    for (const action of ["check-in", "open-sign-in", "sign-out"]) expect(button(action)).toBeVisible();
  });

  it("says why another try failed", async () => {
    const { user } = await openWindow(held("keychain-locked", cause), {
      check_in: fails("keychain-locked", { cause }),
    });
    await user.click(button("check-in"));
    expect(alertRegion()).toHaveTextContent(words.secretErrors[cause].failure);
    expect(alertRegion()).not.toHaveTextContent(words.failures["session-held"]);
  });

  it("offers to store the key in a file at sign-in, and says that it is less safe", async () => {
    let answer = fails("key-file-consent", { cause });
    const { calls, user } = await fillIn(signedOut(), { sign_in: (args) => answer(args) });
    expect(has('[data-action="sign-in-with-key-file"]')).toBe(false);
    await user.click(button("sign-in"));
    expect(alertRegion()).toHaveTextContent(words.secretErrors[cause].failure);
    expect(alertRegion()).toHaveTextContent(words.keyFile.consent);
    expect(field("password")).toHaveValue("autobots rule");
    answer = () => signedIn();
    await user.click(button("sign-in-with-key-file"));
    expect(calls.at(-1)).toEqual([
      "sign_in",
      { username: "Ladiesman217", password: "autobots rule", allowKeyFile: true, requestId: ANY_ID },
    ]);
    expect(root()).toHaveAttribute("data-state", "signed-in");
  });

  it("says that there is no other way where the settings forbid the file", async () => {
    const { user } = await fillIn(signedOut(), { sign_in: fails("key-file-forbidden", { cause }) });
    await user.click(button("sign-in"));
    expect(alertRegion()).toHaveTextContent(words.secretErrors[cause].failure);
    expect(alertRegion()).toHaveTextContent(words.keyFile.forbidden);
    expect(has('[data-action="sign-in-with-key-file"]')).toBe(false);
  });
});

describe("signing in from a held session", () => {
  const view = held("keychain-unavailable", "missing");

  it("changes nothing until it is sent, and leads back", async () => {
    const { calls, user } = await openWindow(view);
    await user.click(button("open-sign-in"));
    expect(root()).toHaveAttribute("data-state", "held");
    expect(field("username")).toHaveFocus();
    await user.click(button("back"));
    expect(button("open-sign-in")).toHaveFocus();
    expect(calls.map(([name]) => name)).toEqual(["session"]);
  });

  it("asks before the key goes into a file", async () => {
    let answer = fails("key-file-consent", { cause: "missing" });
    const { calls, user } = await fillIn(view, { session: () => view, sign_in: (args) => answer(args) });
    await user.keyboard("{Enter}");
    expect(alertRegion()).toHaveTextContent(words.keyFile.consent);
    expect(calls.at(-1)?.[1]).toEqual({
      username: "Ladiesman217",
      password: "autobots rule",
      requestId: ANY_ID,
    });
    answer = () => signedIn();
    await user.click(button("sign-in-with-key-file"));
    expect(root()).toHaveAttribute("data-state", "signed-in");
  });

  it("still offers the file after a wrong password", async () => {
    let answer = fails("key-file-consent", { cause: "missing" });
    const { user } = await fillIn(view, { session: () => view, sign_in: (args) => answer(args) });
    await user.keyboard("{Enter}");
    answer = fails("wrong-credentials");
    await user.click(button("sign-in-with-key-file"));
    expect(field("password")).toHaveFocus();
    expect(button("sign-in-with-key-file")).toBeVisible();
  });

  it("is not offered where one contact with the server is enough", async () => {
    await openWindow(held("lease-expired"));
    expect(has('[data-action="open-sign-in"]')).toBe(false);
  });
});
