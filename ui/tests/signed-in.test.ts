import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { DAY, ERROR_CODES, NOW, sam, signedIn, signedOut } from "./views";
import { alertRegion, button, fails, field, later, openWindow, part, root } from "./window";

describe("the account", () => {
  it("is shown by its full name, with the username beside it", async () => {
    await openWindow(signedIn());
    expect(part("account-name")).toHaveTextContent(/^Sam Witwicky$/);
    expect(root()).toHaveTextContent("Ladiesman217");
    expect(root()).toHaveTextContent("sam@witwicky.example");
    expect(root()).toHaveTextContent("18 November");
  });

  it("is shown by its username only, where there is no name", async () => {
    await openWindow(signedIn({ account: { ...sam, givenName: null, familyName: " ", email: null } }));
    expect(part("account-name")).toHaveTextContent(/^Ladiesman217$/);
    expect(root().textContent.match(/Ladiesman217/g)).toHaveLength(1);
  });
});

describe("a session that could not be stored", () => {
  it("is said to end with the window, until it is stored", async () => {
    const { user } = await openWindow(signedIn({ lease: { endsAt: NOW + DAY, kept: false } }), {
      check_in: () => signedIn(),
    });
    expect(alertRegion()).toHaveTextContent("You are signed in, but only until this window closes");
    await user.click(button("check-in"));
    expect(alertRegion()).toBeEmptyDOMElement();
  });
});

describe("the connection", () => {
  it.each([
    ["online", "Online"],
    ["checking", "Checking…"],
    ["offline", "Offline – works until 7 December"],
  ] as const)("is a calm status: %s", async (connection, text) => {
    await openWindow(signedIn({ connection }));
    expect(part("connection")).toHaveTextContent(text);
    expect(part("connection").closest('[role="status"]')).not.toBeNull();
    expect(alertRegion()).toBeEmptyDOMElement();
  });

  it("says before a sign-out that signing in again needs the server", async () => {
    await openWindow(signedIn({ connection: "offline" }));
    expect(root()).toHaveTextContent("To sign in again you will need the server.");
  });
});

describe("Check now", () => {
  it("confirms, and shows the longer lease", async () => {
    const fresh = signedIn({ lease: { endsAt: NOW + 20 * DAY, kept: true } });
    const { user } = await openWindow(signedIn(), { check_in: () => fresh });
    await user.click(button("check-in"));
    expect(part("status")).toHaveTextContent("Confirmed with the server just now.");
    expect(root()).toHaveTextContent("13 December (in 20 days)");
  });

  it.each(["server-unreachable", "server-unavailable", "server-answer-invalid", "throttled"] as const)(
    "is calm about %s: the session works without the server",
    async (code) => {
      const { user } = await openWindow(signedIn(), { check_in: fails(code) });
      await user.click(button("check-in"));
      expect(part("status")).toHaveTextContent("You stay signed in.");
      expect(alertRegion()).toBeEmptyDOMElement();
      expect(root()).toHaveAttribute("data-state", "signed-in");
    },
  );

  it("says that the device is still offline", async () => {
    const offline = signedIn({ connection: "offline" });
    const { user } = await openWindow(offline, { check_in: () => offline });
    await user.click(button("check-in"));
    expect(part("status")).toHaveTextContent("The server cannot be reached just now. You stay signed in.");
  });

  it.each(ERROR_CODES)("has a sentence for %s", async (code) => {
    const { user } = await openWindow(signedIn(), { check_in: fails(code) });
    await user.click(button("check-in"));
    const said = words.failuresIn["check-in-signed-in"]?.[code] ?? words.failures[code];
    const region = said.includes("You stay signed in.") ? part("status") : alertRegion();
    expect(region).toHaveTextContent(said);
  });

  it.each([
    "session-over",
    // It has ended by itself, while the command was on its way.
    "not-signed-in",
  ] as const)("shows the form when the session turns out to be over: %s", async (code) => {
    let view = signedIn() as ReturnType<typeof signedOut>;
    const { user } = await openWindow(view, {
      session: () => view,
      check_in: (args) => {
        view = signedOut("session-ended");
        return fails(code)(args);
      },
    });
    await user.click(button("check-in"));
    expect(root()).toHaveAttribute("data-reason", "session-ended");
    expect(document.body).toHaveTextContent(words.signedOut["session-ended"]);
    expect(alertRegion()).toBeEmptyDOMElement();
    expect(field("password")).toHaveFocus();
  });
});

describe("Sign out", () => {
  it("shows the form", async () => {
    const { user } = await openWindow(signedIn(), { sign_out: () => signedOut("signed-out") });
    await user.click(button("sign-out"));
    expect(root()).toHaveAttribute("data-reason", "signed-out");
    expect(field("username")).toHaveFocus();
  });

  it("does not wait for a check that hangs, whose late result changes nothing", async () => {
    const wait = later();
    const { user } = await openWindow(signedIn(), {
      check_in: wait.answer,
      sign_out: () => signedOut("signed-out"),
    });
    await user.click(button("check-in"));
    await user.click(button("sign-out"));
    expect(root()).toHaveAttribute("data-reason", "signed-out");
    wait.arrive(signedIn());
    await wait.answer(undefined);
    await user.type(field("username"), "x");
    expect(root()).toHaveAttribute("data-reason", "signed-out");
    expect(button("sign-in")).toHaveAttribute("aria-busy", "false");
  });

  it("says that nothing could be removed, and changes nothing", async () => {
    const { user } = await openWindow(signedIn(), { sign_out: fails("not-kept") });
    await user.click(button("sign-out"));
    expect(alertRegion()).toHaveTextContent("The session could not be removed from this computer.");
    expect(root()).toHaveAttribute("data-state", "signed-in");
  });
});
