// The window's words when the server does not respond: each cause has its own.
import { describe, expect, it } from "vitest";

import { durationOf, longDate } from "../src/dates";
import { failureSentence } from "../src/failure";
import { lastFailure } from "../src/outcome";
import { speak, words } from "../src/words";
import { NETWORK_CAUSES, NOW, held, signedIn, signedOut } from "./views";
import { alertRegion, button, fails, field, openWindow, part, paste, root } from "./window";

const unreachable = (cause: string) => fails("server-unreachable", { cause });

async function signInFailing(answer: ReturnType<typeof fails>) {
  const { user } = await openWindow(signedOut(), { sign_in: answer });
  await paste(user, field("username"), "Ladiesman217");
  await paste(user, field("password"), "autobots rule");
  await user.click(button("sign-in"));
  return user;
}

describe.each(["en", "de"])("in %s", (language) => {
  it("every cause has a sentence of its own", async () => {
    await speak([language]);
    const sentences = NETWORK_CAUSES.map((cause) =>
      failureSentence({ code: "server-unreachable", cause, clock: NOW }, "sign-in"),
    );
    for (const sentence of sentences) expect(sentence).toMatch(/^\p{Lu}.*\.$/u);
    expect(new Set(sentences).size).toBe(NETWORK_CAUSES.length);
  });
});

describe("a cause", () => {
  it.each(NETWORK_CAUSES)("%s is said at the sign-in", async (cause) => {
    await signInFailing(unreachable(cause));
    expect(alertRegion()).toHaveTextContent(
      failureSentence({ code: "server-unreachable", cause, clock: NOW }, "sign-in"),
    );
  });

  it("of the clock shows what the clock says", async () => {
    await signInFailing(unreachable("certificate-not-yet-valid"));
    expect(alertRegion()).toHaveTextContent(`This computer’s clock says ${longDate(NOW)}.`);
    expect(longDate(NOW)).toBe("23 November 2026");
  });

  it("that passes by itself is a status while signed in", async () => {
    const { user } = await openWindow(signedIn(), { check_in: unreachable("nothing-listening") });
    await user.click(button("check-in"));
    expect(part("status")).toHaveTextContent(`${words.causes["nothing-listening"]} You stay signed in.`);
    expect(alertRegion()).toBeEmptyDOMElement();
  });

  it("that a person must repair is an alert, also while signed in", async () => {
    const { user } = await openWindow(signedIn(), { check_in: unreachable("certificate-not-trusted") });
    await user.click(button("check-in"));
    expect(alertRegion()).toHaveTextContent("does not trust the server’s certificate");
    expect(alertRegion()).toHaveTextContent("You stay signed in.");
  });

  it("does not claim that a password is unchanged when the response was lost", () => {
    const said = (cause: "timed-out" | "nothing-listening") =>
      failureSentence({ code: "server-unreachable", cause }, "change-password");
    expect(said("nothing-listening")).toContain("Your password has not been changed.");
    expect(said("timed-out")).toContain("may have been changed or not");
  });
});

describe("how long to wait", () => {
  it.each([
    [1, "1 second"],
    [2, "2 seconds"],
    [89, "89 seconds"],
    [90, "2 minutes"],
    [900, "15 minutes"],
    [86_400, "24 hours"],
  ])("%i s are %s", async (seconds, text) => {
    expect(durationOf(seconds)).toBe(text);
    await signInFailing(fails("throttled", { retryAfterSeconds: seconds }));
    expect(alertRegion()).toHaveTextContent(`Wait ${text}, then try again.`);
  });

  it("is not invented when the server does not say it", async () => {
    await signInFailing(fails("throttled", { retryAfterSeconds: null }));
    expect(alertRegion()).toHaveTextContent("Wait a moment, then try again.");
  });

  it("is said in German too", async () => {
    await speak(["de"]);
    expect(failureSentence({ code: "throttled", retryAfterSeconds: 2 }, "sign-in")).toContain(
      "Warten Sie 2 Sekunden",
    );
  });
});

describe("a server with another key", () => {
  it("is reported with both keys", async () => {
    await signInFailing(fails("server-key-unknown", { carried: "NzbLsXh8", named: "aBcDeFgH" }));
    expect(alertRegion()).toHaveTextContent("signs with the key aBcDeFgH, but this app knows NzbLsXh8.");
  });
});

describe("a provider that asks for a new sign-in", () => {
  it("holds the session, says why once, and leads to the sign-in", async () => {
    let asked = 0;
    const { user } = await openWindow(signedIn(), {
      session: () => (asked++ === 0 ? signedIn() : held("provider-sign-in-required")),
      check_in: fails("provider-sign-in-required"),
    });
    await user.click(button("check-in"));
    expect(root()).toHaveAttribute("data-state", "held");
    expect(root()).toHaveAttribute("data-reason", "provider-sign-in-required");
    expect(root()).toHaveTextContent("Your company asks you to sign in again");
    expect(alertRegion()).toBeEmptyDOMElement();
    await user.click(button("check-in"));
    expect(alertRegion()).toHaveTextContent("Your company still asks you to sign in again.");
    expect(button("open-sign-in")).toHaveTextContent("Sign in again");
  });
});

describe("a server that does not know the session", () => {
  it("holds it, says so once, and offers both ways", async () => {
    // The first call is from the start, the second one follows the failure.
    let asked = 0;
    const { user } = await openWindow(signedIn(), {
      session: () => (asked++ === 0 ? signedIn() : held("session-unknown")),
      check_in: fails("session-unknown"),
      sign_out: () => signedOut("signed-out"),
    });
    await user.click(button("check-in"));
    expect(root()).toHaveAttribute("data-reason", "session-unknown");
    expect(root()).toHaveTextContent("You have not been signed out.");
    expect(alertRegion()).toBeEmptyDOMElement();
    expect(button("open-sign-in")).toHaveTextContent("Sign in again");
    await user.click(button("open-sign-in"));
    await user.click(button("back"));
    expect(root()).toHaveAttribute("data-reason", "session-unknown");
    await user.click(button("sign-out"));
    expect(root()).toHaveAttribute("data-state", "signed-out");
  });

  it("says that it still does not, when it is asked again", async () => {
    const { user } = await openWindow(held("session-unknown"), {
      check_in: fails("session-unknown"),
    });
    await user.click(button("check-in"));
    expect(alertRegion()).toHaveTextContent("The server still does not know this session.");
  });
});

describe("Copy for support", () => {
  it("includes the last failure, with its cause and time", async () => {
    const user = await signInFailing(unreachable("proxy-auth-required"));
    expect(lastFailure()).toEqual({
      command: "sign_in",
      code: "server-unreachable",
      cause: "proxy-auth-required",
      at: NOW,
    });
    document.querySelector("details")?.setAttribute("open", "");
    await user.click(button("copy-support"));
    const text = await navigator.clipboard.readText();
    expect(text).toContain("Last failure: sign_in: server-unreachable, proxy-auth-required");
    expect(text).toContain(`Last failure at: ${String(NOW)}`);
    expect(text).not.toContain("Ladiesman217");
    expect(text).not.toContain("autobots");
  });
});
