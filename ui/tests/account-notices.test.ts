// What has happened to the account: "That was me" or "Not me".
import type { Notice } from "tauri-plugin-latchkey-api";
import { describe, expect, it } from "vitest";

import { quotable } from "../src/name";
import { words } from "../src/words";
import { ERROR_CODES, newSignIn, signedIn } from "./views";
import {
  ANY_ID,
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

async function openNotices(list: Notice[], answers: Answers = {}) {
  const opened = await openWindow(signedIn({ notices: list.length }), { notices: () => list, ...answers });
  await settled();
  return opened;
}

const bar = (kind = "new-sign-in") => document.querySelector(`[data-notice="${kind}"]`);

describe("a notice", () => {
  it("leads with what the server knows, and quotes what the device says", async () => {
    await openNotices([newSignIn]);
    const text = bar()?.textContent.replace(/\s+/g, " ") ?? "";
    expect(text).toContain("New sign-in, 23 November at 11:50");
    expect(text).toContain("From 192.0.2.9");
    expect(text).toContain("for the first time with this device key");
    expect(text).toContain("It calls itself “barricade”.");
    expect(text.indexOf("192.0.2.9")).toBeLessThan(text.indexOf("barricade"));
  });

  it.each(Object.keys(words.notices.heading) as Notice["kind"][])("has words: %s", async (kind) => {
    await openNotices([{ ...newSignIn, kind, device: null, address: null, newKey: false }]);
    expect(bar(kind)).toHaveTextContent(words.notices.heading[kind]("23 November at 11:50"));
    expect(bar(kind)?.querySelectorAll("p")).toHaveLength(0);
  });

  it("shows a hostile name as text, short and without a link", async () => {
    const name = "Support: call 0800 123 or open https://evil.example/” now <a href=x>".repeat(3);
    await openNotices([{ ...newSignIn, device: { name, platform: null } }]);
    expect(has("main a")).toBe(false);
    expect(bar()?.textContent).not.toContain("https://");
    expect(bar()?.textContent).toContain(`“${quotable(name)}”`);
    expect([...quotable(name)]).toHaveLength(40);
  });

  it("is asked for by nobody while there is none", async () => {
    const { calls } = await openWindow(signedIn());
    await settled();
    expect(calls.map(([name]) => name)).not.toContain("notices");
    expect(bar()).toBeNull();
  });

  it("appears with the contact that brings it, and goes when it is answered elsewhere", async () => {
    await openWindow(signedIn(), { notices: () => [newSignIn] });
    await sessionChanged(signedIn({ notices: 1 }));
    await settled();
    expect(bar()).toBeVisible();
    expect(part("notice-status")).toHaveTextContent("New sign-in");
    await sessionChanged(signedIn({ notices: 0 }));
    expect(bar()).toBeNull();
  });

  it("that another device has to answer can be closed", async () => {
    const { user } = await openNotices([{ ...newSignIn, canAnswer: false }]);
    expect(bar()).toHaveTextContent(words.notices.elsewhere);
    expect(has('[data-action="notice-mine"]')).toBe(false);
    await user.click(button("notice-close"));
    expect(bar()).toBeNull();
  });

  it.each(["code-made", "account-changed"] as const)(
    "about what another person did is not answered with me: %s",
    async (kind) => {
      const notice = { ...newSignIn, kind, device: null };
      const { calls, user } = await openNotices([notice], {
        answer_notice: () => ({ ended: 0, changePassword: false }),
      });
      expect(button("notice-mine")).toHaveTextContent(words.notices.known);
      expect(button("notice-not-mine")).toHaveTextContent(words.notices.notKnown);
      await user.click(button("notice-not-mine"));
      await settled();
      expect(calls).toContainEqual(["answer_notice", { id: "n1", answer: "not-mine", requestId: ANY_ID }]);
      expect(part("notice-status")).toHaveTextContent(words.notices.ended(0));
    },
  );

  it("is shown with at most one other", async () => {
    await openNotices(["a", "b", "c"].map((id) => ({ ...newSignIn, id })));
    expect(document.querySelectorAll("[data-notice]")).toHaveLength(2);
  });
});

describe("That was me", () => {
  it("closes the notice, after a confirmation where it is needed", async () => {
    let confirmed = false;
    const { calls, user } = await openNotices([newSignIn], {
      answer_notice: (args) =>
        confirmed
          ? { ended: 0, changePassword: false }
          : fails("confirmation-required", { needs: ["password"] })(args),
      confirm: () => {
        confirmed = true;
        return null;
      },
    });
    await user.click(button("notice-mine"));
    await user.type(field("confirm-password"), "autobots rule{Enter}");
    await settled();
    expect(calls.filter(([name]) => name === "answer_notice").at(-1)).toEqual([
      "answer_notice",
      { id: "n1", answer: "mine", requestId: ANY_ID },
    ]);
    expect(bar()).toBeNull();
    expect(part("notice-status")).toHaveTextContent(words.notices.answered);
  });
});

describe("Not me", () => {
  it("acts at once, and leads to a new password", async () => {
    const { calls, user } = await openNotices([newSignIn], {
      answer_notice: () => ({ ended: 1, changePassword: true }),
    });
    await user.click(button("notice-not-mine"));
    await settled();
    expect(calls).toContainEqual(["answer_notice", { id: "n1", answer: "not-mine", requestId: ANY_ID }]);
    expect(root()).toHaveAttribute("data-screen", "change-password");
    expect(part("password-status")).toHaveTextContent("That session has been ended.");
    expect(part("password-status")).toHaveTextContent(words.notices.chooseNew);
    expect(field("end-others")).toBeChecked();
    expect(bar()).toBeNull();
  });

  it("says how many sessions have ended where no new password is needed", async () => {
    const { user } = await openNotices([newSignIn], {
      answer_notice: () => ({ ended: 2, changePassword: false }),
    });
    await user.click(button("notice-not-mine"));
    await settled();
    expect(part("notice-status")).toHaveTextContent("2 sessions have been ended.");
    expect(root()).toHaveAttribute("data-screen", "signed-in");
  });

  it.each(ERROR_CODES.filter((code) => code !== "confirmation-required"))(
    "has a sentence when it fails: %s",
    async (code) => {
      const { user } = await openNotices([newSignIn], { answer_notice: fails(code) });
      await user.click(button("notice-not-mine"));
      await settled();
      expect(part("notice-alert")).toHaveTextContent(words.failuresIn.notice?.[code] ?? words.failures[code]);
    },
  );
});

describe("a name that a device gives itself", () => {
  it.each([
    ["sams-laptop", "sams-laptop"],
    ["two\nlines\u202e", "twolines"],
    ["say “hello”", "say 'hello'"],
    ["javascript://x https://evil.example", "x evil.example"],
    ["a".repeat(41), `${"a".repeat(39)}…`],
    ["👩🏽‍🚀".repeat(3), "👩🏽‍🚀".repeat(3)],
  ])("%j is quoted as %j", (name, shown) => {
    expect(quotable(name)).toBe(shown);
  });
});
