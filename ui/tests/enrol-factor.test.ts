import { describe, expect, it, vi } from "vitest";

import { words } from "../src/words";
import { ERROR_CODES, held, proposal, signedIn, signedOut, waiting } from "./views";
import {
  ANY_ID,
  alertRegion,
  button,
  fails,
  field,
  has,
  openWindow,
  part,
  root,
  settled,
  type Answers,
} from "./window";

async function openEnrolment(authorized: boolean, answers: Answers) {
  const opened = await openWindow(waiting(signedOut(), "enrolment", authorized), answers);
  await settled();
  return opened;
}

const shown = () => document.body.innerHTML;

describe("a factor that the account must have", () => {
  it("is set up at once after a code that allows it", async () => {
    const { calls, user } = await openEnrolment(true, {
      enrol: () => proposal,
      second_factor: () => signedIn(),
    });
    expect(root()).toHaveAttribute("data-screen", "enrol-factor");
    expect(calls.at(-1)).toEqual(["enrol", { requestId: ANY_ID }]);
    expect(part("qr-code")).toHaveAccessibleName(words.enrol.picture);
    expect(part("qr-code").getAttribute("src")).toContain(encodeURIComponent(proposal.qrSvg));
    expect(part("secret")).toHaveTextContent("JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP");
    await user.type(field("code"), "123456{Enter}");
    expect(calls.some(([name]) => name === "second_factor")).toBe(true);
    expect(root()).toHaveAttribute("data-screen", "recovery-codes");
    expect(root()).toHaveAttribute("data-state", "signed-in");
  });

  it("needs an operator's code after a bare password", async () => {
    const { calls, user } = await openEnrolment(false, { enrol: () => proposal });
    expect(calls.map(([name]) => name)).not.toContain("enrol");
    expect(field("code")).toHaveFocus();
    expect(field("code")).toHaveAccessibleName(words.enrol.operatorCode);
    await user.click(button("enrol"));
    expect(part("enrol-alert")).toHaveTextContent(words.secondFactor.missing);
    await user.type(field("code"), " 7M2K-Q9XW-4TR8-HJ3V-J {Enter}");
    expect(calls.at(-1)).toEqual(["enrol", { code: "7M2K-Q9XW-4TR8-HJ3V-J", requestId: ANY_ID }]);
    expect(part("qr-code")).toBeVisible();
  });

  it.each(ERROR_CODES)("has a sentence when it cannot begin: %s", async (code) => {
    await openEnrolment(true, { enrol: fails(code) });
    expect(part("enrol-alert")).toHaveTextContent(words.failuresIn.enrol?.[code] ?? words.failures[code]);
    expect(button("enrol")).toBeVisible();
  });

  it("is begun again by the button", async () => {
    let answer = fails("server-unavailable");
    const { user } = await openEnrolment(true, { enrol: (args) => answer(args) });
    answer = () => proposal;
    await user.click(button("enrol"));
    expect(part("qr-code")).toBeVisible();
  });

  it("keeps its picture after a wrong code", async () => {
    const { user } = await openEnrolment(true, { enrol: () => proposal, second_factor: fails("wrong-code") });
    await user.type(field("code"), "111111{Enter}");
    expect(alertRegion()).toHaveTextContent(words.failures["wrong-code"]);
    expect(field("code")).toHaveValue("");
    expect(field("code")).toHaveFocus();
    expect(part("qr-code")).toBeVisible();
    await user.keyboard("{Enter}");
    expect(part("enrol-alert")).toHaveTextContent(words.secondFactor.missing);
  });

  it("begins anew when the proposal is too old", async () => {
    const { user } = await openEnrolment(true, {
      enrol: () => proposal,
      second_factor: fails("enrolment-expired"),
    });
    await user.type(field("code"), "111111{Enter}");
    expect(alertRegion()).toHaveTextContent(words.failures["enrolment-expired"]);
    expect(has('[data-testid="qr-code"]')).toBe(false);
    await user.click(button("enrol"));
    expect(part("qr-code")).toBeVisible();
  });

  it("copies the key, and says so", async () => {
    const { user } = await openEnrolment(true, { enrol: () => proposal });
    await user.click(button("copy-secret"));
    expect(part("secret-copied")).toHaveTextContent("Copied.");
    expect(await navigator.clipboard.readText()).toBe(proposal.secret);
  });

  it("leaves no secret in the page when it is given up", async () => {
    const { user } = await openEnrolment(true, { enrol: () => proposal, cancel_sign_in: () => signedOut() });
    expect(shown()).toContain("JBSW");
    await user.click(button("cancel"));
    expect(root()).toHaveAttribute("data-screen", "sign-in");
    for (const secret of ["JBSW", "otpauth", proposal.recoveryCodes[0] ?? ""])
      expect(shown()).not.toContain(secret);
  });
});

const isByCode = (args: unknown) => typeof args === "object" && args !== null && "code" in args;

describe("a session that is held for a factor", () => {
  const heldFor = held("factor-required");

  it("gives the reason once", async () => {
    let asked = 0;
    const { user } = await openWindow(signedIn(), {
      session: () => (asked++ === 0 ? signedIn() : heldFor),
      check_in: fails("factor-required"),
    });
    await user.click(button("check-in"));
    expect(root()).toHaveAttribute("data-reason", "factor-required");
    expect(alertRegion()).toBeEmptyDOMElement();
    // Nothing has changed since.
    await user.click(button("check-in"));
    expect(alertRegion()).toHaveTextContent("Your account must have two-step sign-in.");
  });

  it("says why, and sets it up in place with the password", async () => {
    const { calls, user } = await openWindow(heldFor, {
      enrol: () => proposal,
      second_factor: () => signedIn(),
    });
    expect(root()).toHaveAttribute("data-screen", "held");
    expect(root()).toHaveTextContent("Nothing has been lost.");
    await user.click(button("set-up-factor"));
    expect(root()).toHaveAttribute("data-screen", "enrol-factor");
    expect(field("password")).toHaveFocus();
    await user.click(button("enrol"));
    expect(part("enrol-alert")).toHaveTextContent(words.enrol.passwordMissing);
    await user.type(field("password"), "autobots rule{Enter}");
    expect(calls.at(-1)).toEqual(["enrol", { password: "autobots rule", requestId: ANY_ID }]);
    await user.type(field("code"), "123456{Enter}");
    expect(root()).toHaveAttribute("data-screen", "recovery-codes");
  });

  it.each(["by its button", "when the server says that there is no password"])(
    "takes an operator's code in place of the password, %s",
    async (way) => {
      const { calls, user } = await openWindow(heldFor, {
        enrol: (args) => (isByCode(args) ? proposal : fails("enrolment-required")(args)),
      });
      await user.click(button("set-up-factor"));
      if (way === "by its button") await user.click(button("use-code"));
      else await user.type(field("password"), "autobots rule{Enter}");
      expect(field("code")).toHaveFocus();
      expect(field("code")).toHaveValue("");
      expect(part("enrol-alert")).toBeEmptyDOMElement();
      await user.type(field("code"), "7M2K-Q9XW-4TR8-HJ3V-J{Enter}");
      expect(calls.at(-1)).toEqual(["enrol", { code: "7M2K-Q9XW-4TR8-HJ3V-J", requestId: ANY_ID }]);
      expect(part("qr-code")).toBeVisible();
    },
  );

  it("asks the server for a new challenge when the old one is over", async () => {
    let asked = 0;
    const { calls, user } = await openWindow(heldFor, {
      enrol: (args) => (asked++ === 0 ? fails("nothing-pending")(args) : proposal),
      check_in: fails("factor-required"),
    });
    await user.click(button("set-up-factor"));
    await user.type(field("password"), "autobots rule{Enter}");
    await vi.waitFor(() => {
      expect(part("qr-code")).toBeVisible();
    });
    expect(calls.filter(([name]) => name === "check_in")).toHaveLength(1);
    expect(root()).toHaveAttribute("data-screen", "enrol-factor");
  });

  it("does not leave a wrong password in its field", async () => {
    const { user } = await openWindow(heldFor, { enrol: fails("wrong-credentials") });
    await user.click(button("set-up-factor"));
    await user.type(field("password"), "wrong{Enter}");
    expect(part("enrol-alert")).toHaveTextContent("That is not your password.");
    expect(field("password")).toHaveValue("");
    expect(field("password")).toHaveFocus();
  });

  it("stays held when the person goes back", async () => {
    const { calls, user } = await openWindow(waiting(heldFor, "enrolment"));
    expect(root()).toHaveAttribute("data-screen", "held");
    await user.click(button("set-up-factor"));
    await user.keyboard("{Escape}");
    expect(root()).toHaveAttribute("data-screen", "held");
    expect(button("set-up-factor")).toHaveFocus();
    expect(calls.map(([name]) => name)).toEqual(["session"]);
  });
});
