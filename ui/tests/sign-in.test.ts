import { describe, expect, it, vi } from "vitest";

import { words } from "../src/words";
import { WAIT_SHOWN_AFTER_MS } from "../src/wait.svelte";
import { ERROR_CODES, signedIn, signedOut } from "./views";
import type { Answers } from "./window";
import { alertRegion, ANY_ID, button, fails, field, later, openWindow, part, paste, root } from "./window";

async function fillIn(answers: Answers) {
  const opened = await openWindow(signedOut(), answers);
  await paste(opened.user, field("username"), "Ladiesman217");
  await paste(opened.user, field("password"), "autobots rule");
  return opened;
}

describe("signing in", () => {
  it.each([" ", "\t", "\u00a0", "\u200b", "\ufeff", "\u2068\u00a0"])(
    "removes what was pasted around the username: %j",
    async (around) => {
      const { calls, user } = await openWindow(signedOut(), { sign_in: () => signedIn() });
      await user.click(field("username"));
      await user.paste(`${around}Ladiesman217${around}`);
      await user.type(field("password"), " autobots rule ");
      await user.click(button("sign-in"));
      expect(calls.at(-1)).toEqual([
        "sign_in",
        { username: "Ladiesman217", password: " autobots rule ", requestId: ANY_ID },
      ]);
    },
  );

  it("sends exactly what was typed, and shows the account", async () => {
    const { calls, user } = await openWindow(signedOut(), { sign_in: () => signedIn() });
    await user.type(field("username"), "Ladiesman217");
    await user.type(field("password"), "autobots rule{Enter}");
    expect(calls.at(-1)).toEqual([
      "sign_in",
      { username: "Ladiesman217", password: "autobots rule", requestId: ANY_ID },
    ]);
    expect(root()).toHaveAttribute("data-state", "signed-in");
    expect(part("account-name")).toHaveTextContent("Sam Witwicky");
    expect(part("account-name")).toHaveFocus();
    expect(document.body.innerHTML).not.toContain("autobots rule");
  });

  it("hides a shown password on submit", async () => {
    const wait = later();
    const { user } = await fillIn({ sign_in: wait.answer });
    await user.click(button("toggle-password"));
    await user.click(button("sign-in"));
    expect(field("password").type).toBe("password");
  });

  it("sends one request, even if it is submitted repeatedly", async () => {
    const wait = later();
    const { calls, user } = await fillIn({ sign_in: wait.answer });
    await user.dblClick(button("sign-in"));
    await user.type(field("password"), "{Enter}{Enter}");
    expect(calls.filter(([name]) => name === "sign_in")).toHaveLength(1);
    expect(button("sign-in")).toBeEnabled();
  });

  it("shows the wait only after a delay", async () => {
    const wait = later();
    await fillIn({ sign_in: wait.answer });
    vi.useFakeTimers();
    button("sign-in").click();
    await vi.advanceTimersByTimeAsync(WAIT_SHOWN_AFTER_MS - 1);
    expect(document.querySelector("form")).toHaveAttribute("aria-busy", "true");
    expect(button("sign-in")).toHaveTextContent("Sign in");
    await vi.advanceTimersByTimeAsync(1);
    expect(button("sign-in")).toHaveTextContent("Signing in…");
    expect(part("status")).toHaveTextContent("Signing in…");
    wait.arrive(signedIn());
    await vi.advanceTimersByTimeAsync(0);
    expect(root()).toHaveAttribute("data-state", "signed-in");
  });
});

describe("a form that is not filled in", () => {
  it.each([
    ["", "", "username"],
    ["   ", "secret", "username"],
    ["Ladiesman217", "", "password"],
  ])("asks for what is missing (%j, %j) without asking the server", async (username, password, missing) => {
    const { calls, user } = await openWindow(signedOut());
    if (username) await paste(user, field("username"), username);
    if (password) await paste(user, field("password"), password);
    await user.click(button("sign-in"));
    expect(alertRegion()).toHaveTextContent("Enter your username and your password.");
    expect(field(missing)).toHaveFocus();
    expect(field(missing)).toHaveAttribute("aria-invalid", "true");
    expect(field(missing)).toHaveAccessibleDescription(expect.stringContaining("Enter your username"));
    expect(calls.map(([name]) => name)).toEqual(["session"]);
  });
});

describe("a sign-in that fails", () => {
  it("leaves the username, clears the password and puts the cursor there", async () => {
    const { user } = await fillIn({ sign_in: fails("wrong-credentials") });
    await user.click(button("sign-in"));
    expect(field("username")).toHaveValue("Ladiesman217");
    expect(field("password")).toHaveValue("");
    expect(field("password")).toHaveFocus();
    expect(alertRegion()).toHaveTextContent("That username and password do not match.");
    // Neither field is marked as the wrong one.
    expect(field("username")).toHaveAttribute("aria-invalid", "false");
    expect(field("password")).toHaveAttribute("aria-invalid", "false");
  });

  it("says that the server cannot be reached and what to do, and loses nothing that was typed", async () => {
    const { user } = await fillIn({ sign_in: fails("server-unreachable") });
    await user.click(button("sign-in"));
    expect(alertRegion()).toHaveTextContent(
      "The server cannot be reached. Check your connection, then try again.",
    );
    expect(field("username")).toHaveValue("Ladiesman217");
    expect(field("password")).toHaveValue("autobots rule");
    expect(button("sign-in")).toHaveFocus();
  });

  it.each(ERROR_CODES)("has a sentence for %s, keeps the username and can be tried again", async (code) => {
    let answer = fails(code);
    const { user } = await fillIn({ sign_in: (args) => answer(args) });
    await user.click(button("sign-in"));
    expect(alertRegion()).toHaveTextContent(words.failures[code]);
    expect(field("username")).toHaveValue("Ladiesman217");
    answer = () => signedIn();
    if (field("password").value === "") await user.type(field("password"), "autobots rule");
    await user.click(button("sign-in"));
    expect(root()).toHaveAttribute("data-state", "signed-in");
    expect(alertRegion()).toBeEmptyDOMElement();
  });

  it("shows the account with a warning when the session could not be stored", async () => {
    let view = signedOut();
    const { user } = await fillIn({
      session: () => view,
      sign_in: (args) => {
        view = signedIn();
        return fails("not-kept")(args);
      },
    });
    await user.click(button("sign-in"));
    await vi.waitFor(() => {
      expect(root()).toHaveAttribute("data-state", "signed-in");
    });
    await vi.waitFor(() => {
      expect(alertRegion()).toHaveTextContent("You are signed in, but only until this window closes");
    });
  });
});
