// Two-step sign-in: on, off, new recovery codes.
import { describe, expect, it, vi } from "vitest";

import { words } from "../src/words";
import { DAY, ERROR_CODES, NOW, plain, proposal, signedIn, signedOut, withFactor } from "./views";
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

async function openFactor(details: () => unknown, answers: Answers = {}) {
  const opened = await openWindow(signedIn(), { account: details, ...answers });
  await opened.user.click(button("open-factor"));
  await settled();
  return opened;
}

const names = (calls: [string, unknown][]) => calls.map(([name]) => name);

describe("two-step sign-in that is off", () => {
  it("is switched on with the first code, and then shows the recovery codes", async () => {
    let details = plain;
    const { calls, user } = await openFactor(() => details, {
      start_totp: () => proposal,
      enable_totp: () => {
        details = withFactor();
        return null;
      },
    });
    expect(root()).toHaveAttribute("data-screen", "factor");
    expect(part("factor")).toHaveTextContent(words.factor.off);
    await user.click(button("start-factor"));
    expect(part("qr-code")).toBeVisible();
    await user.type(field("code"), "123456{Enter}");
    await settled();
    expect(calls).toContainEqual(["enable_totp", { code: "123456", requestId: ANY_ID }]);
    expect(root()).toHaveAttribute("data-screen", "recovery-codes");
    await user.click(field("codes-kept"));
    await user.click(button("codes-kept"));
    expect(root()).toHaveAttribute("data-screen", "factor");
    expect(part("factor-status")).toHaveTextContent(words.factor.switchedOn);
    expect(part("factor")).toHaveTextContent(words.factor.on);
    // ASVS 7.4.3: a change of the factor offers to end the other sessions.
    expect(root()).toHaveTextContent(words.factor.endOthers);
    expect(button("open-devices")).toBeVisible();
  });

  it("is asked for with the password first, and goes on by itself", async () => {
    let confirmed = false;
    const { user } = await openFactor(() => plain, {
      start_totp: (args) =>
        confirmed ? proposal : fails("confirmation-required", { needs: ["password"] })(args),
      confirm: () => {
        confirmed = true;
        return null;
      },
    });
    await user.click(button("start-factor"));
    await user.type(field("confirm-password"), "autobots rule{Enter}");
    await settled();
    expect(part("qr-code")).toBeVisible();
  });

  it("keeps the picture after a wrong code", async () => {
    const { user } = await openFactor(() => plain, {
      start_totp: () => proposal,
      enable_totp: fails("wrong-code"),
    });
    await user.click(button("start-factor"));
    await user.keyboard("{Enter}");
    expect(part("factor-alert")).toHaveTextContent(words.secondFactor.missing);
    await user.type(field("code"), "111111{Enter}");
    await settled();
    expect(part("factor-alert")).toHaveTextContent(words.failures["wrong-code"]);
    expect(field("code")).toHaveValue("");
    expect(field("code")).toHaveFocus();
    expect(part("qr-code")).toBeVisible();
  });

  it("leaves no secret in the page when the person goes back", async () => {
    const { user } = await openFactor(() => plain, { start_totp: () => proposal });
    await user.click(button("start-factor"));
    expect(document.body.innerHTML).toContain("JBSW");
    await user.keyboard("{Escape}");
    expect(document.body.innerHTML).not.toContain("JBSW");
    expect(root()).toHaveAttribute("data-screen", "factor");
    await user.click(button("start-factor"));
    await sessionChanged(signedOut("revoked"));
    expect(document.body.innerHTML).not.toContain("JBSW");
  });

  it("begins anew when the proposal is too old", async () => {
    const { user } = await openFactor(() => plain, {
      start_totp: () => proposal,
      enable_totp: fails("enrolment-expired"),
    });
    await user.click(button("start-factor"));
    await user.type(field("code"), "111111{Enter}");
    await settled();
    expect(part("factor-alert")).toHaveTextContent(words.failures["enrolment-expired"]);
    expect(button("start-factor")).toBeVisible();
  });
});

describe("two-step sign-in that is on", () => {
  it.each([
    [10, "10 recovery codes are left.", null],
    [4, "4 recovery codes are left.", null],
    [3, "3 recovery codes are left.", words.factor.few],
    [1, "1 recovery code is left.", words.factor.few],
    [0, "0 recovery codes are left.", words.factor.none],
  ] as const)("says how many recovery codes are left: %d", async (left, sentence, hint) => {
    await openFactor(() => withFactor({ recoveryCodesLeft: left }));
    expect(part("codes-left")).toHaveTextContent(sentence);
    if (hint) expect(part("codes-left")).toHaveTextContent(hint);
    else expect(part("codes-left")).toHaveTextContent(/left\.$/);
  });

  it("is switched off after a question, and says so", async () => {
    let details = withFactor();
    const { calls, user } = await openFactor(() => details, {
      disable_totp: () => {
        details = plain;
        return null;
      },
    });
    await user.click(button("disable-factor"));
    expect(button("cancel")).toHaveFocus();
    expect(names(calls)).not.toContain("disable_totp");
    await user.click(button("confirm-disable-factor"));
    await settled();
    expect(part("factor-status")).toHaveTextContent(words.factor.switchedOff);
    expect(part("factor")).toHaveTextContent(words.factor.off);
    expect(document.querySelector("h1")).toHaveFocus();
  });

  it("cannot be switched off where it is required", async () => {
    await openFactor(() => withFactor({ required: true, requiredFrom: NOW - DAY }));
    expect(has('[data-action="disable-factor"]')).toBe(false);
    expect(part("factor")).toHaveTextContent(words.factor.required);
  });

  it("makes new recovery codes after a question, and shows them once", async () => {
    const { user } = await openFactor(() => withFactor({ recoveryCodesLeft: 2 }), {
      new_recovery_codes: () => proposal.recoveryCodes,
    });
    await user.click(button("new-codes"));
    await user.click(button("confirm-new-codes"));
    await settled();
    expect(part("recovery-codes").querySelectorAll("li")).toHaveLength(10);
  });

  it("says what to do when phone and codes are lost", async () => {
    await openFactor(() => withFactor());
    expect(root()).toHaveTextContent("Phone and recovery codes lost?");
  });
});

describe("a lost phone", () => {
  const due = NOW + 3 * DAY;

  it("is given up with the password, and the screen says when", async () => {
    let details = withFactor();
    const { calls, user } = await openFactor(() => details, {
      request_factor_removal: () => {
        details = withFactor({ removalAt: due });
        return due;
      },
    });
    await user.click(button("lost-factor"));
    expect(part("lost-factor")).toHaveTextContent(words.lostFactor.about);
    await user.keyboard("{Enter}");
    expect(part("lost-factor-alert")).toHaveTextContent(words.enrol.passwordMissing);
    expect(names(calls)).not.toContain("request_factor_removal");
    await user.type(field("removal-password"), "autobots rule{Enter}");
    await settled();
    expect(calls).toContainEqual([
      "request_factor_removal",
      { password: "autobots rule", requestId: ANY_ID },
    ]);
    expect(part("factor-status")).toHaveTextContent(words.lostFactor.asked);
    expect(part("lost-factor")).toHaveTextContent("switched off on 26 November (in 3 days)");
    expect(document.querySelector("h1")).toHaveFocus();
    expect(has("#removal-password")).toBe(false);
  });

  it("that is found again cancels the removal", async () => {
    let details = withFactor({ removalAt: due });
    const { user } = await openFactor(() => details, {
      cancel_factor_removal: () => {
        details = withFactor();
        return null;
      },
    });
    await user.click(button("cancel-factor-removal"));
    await settled();
    expect(part("factor-status")).toHaveTextContent(words.lostFactor.cancelled);
    expect(button("lost-factor")).toBeVisible();
  });

  it.each(["wrong-credentials", "confirmation-required", "factor-required", "throttled"] as const)(
    "stays when the server says no, and the password is typed anew: %s",
    async (code) => {
      const { user } = await openFactor(() => withFactor(), { request_factor_removal: fails(code) });
      await user.click(button("lost-factor"));
      await user.type(field("removal-password"), "decepticons rule{Enter}");
      await settled();
      const sentence = words.failuresIn["lost-factor"]?.[code] ?? words.failures[code];
      expect(part("lost-factor-alert")).toHaveTextContent(sentence);
      expect(field("removal-password")).toHaveValue("");
      expect(field("removal-password")).toHaveFocus();
      await user.keyboard("{Escape}");
      expect(button("lost-factor")).toHaveFocus();
      expect(part("lost-factor-alert")).toBeEmptyDOMElement();
    },
  );

  it.each([
    ["must have a factor", () => withFactor({ required: true })],
    ["has a role", () => ({ ...withFactor(), role: "desk" })],
  ])("is a matter for an operator where the account %s", async (_, details) => {
    await openFactor(details);
    expect(has('[data-testid="lost-factor"]')).toBe(false);
    expect(root()).toHaveTextContent(words.factor.lost);
  });
});

describe("the screen", () => {
  it.each(ERROR_CODES)("has a sentence when a change fails: %s", async (code) => {
    const { user } = await openFactor(() => withFactor(), { disable_totp: fails(code) });
    await user.click(button("disable-factor"));
    await user.click(button("confirm-disable-factor"));
    await settled();
    if (code === "confirmation-required") return;
    expect(root()).toHaveTextContent(words.failuresIn.factor?.[code] ?? words.failures[code]);
  });

  it("is calm about being offline, and loads by itself once the server can be reached", async () => {
    let reachable = false;
    const { user } = await openWindow(signedIn({ connection: "offline" }), {
      account: (args) => (reachable ? withFactor() : fails("server-unreachable")(args)),
    });
    await user.click(button("open-factor"));
    await settled();
    expect(part("factor-status")).toHaveTextContent("only while you are online");
    expect(part("factor-alert")).toBeEmptyDOMElement();
    reachable = true;
    await sessionChanged(signedIn());
    await vi.waitFor(() => {
      expect(part("factor")).toHaveTextContent(words.factor.on);
    });
  });

  it("focuses the button that opened it when it closes", async () => {
    const { user } = await openFactor(() => plain);
    await user.click(button("back"));
    expect(button("open-factor")).toHaveFocus();
  });
});
