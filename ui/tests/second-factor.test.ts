import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { ERROR_CODES, held, signedIn, signedOut, waiting } from "./views";
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
  type Answers,
} from "./window";

const pending = waiting(signedOut(), "second-factor");

async function openStep(answers: Answers = {}) {
  const opened = await openWindow(pending, answers);
  const enter = async (code: string) => {
    await opened.user.clear(field("code"));
    await opened.user.type(field("code"), `${code}{Enter}`);
  };
  return { ...opened, enter };
}

describe("the second step", () => {
  it("follows a right password by itself", async () => {
    let view = signedOut();
    const { user } = await openWindow(view, {
      session: () => view,
      sign_in: (args) => {
        view = waiting(view, "second-factor");
        return fails("second-factor-required")(args);
      },
      second_factor: () => signedIn(),
    });
    await user.type(field("username"), "Ladiesman217");
    await user.type(field("password"), "autobots rule{Enter}");
    expect(root()).toHaveAttribute("data-screen", "second-factor");
    expect(root()).toHaveAttribute("data-state", "signed-out");
    expect(alertRegion()).toBeEmptyDOMElement();
    expect(field("code")).toHaveFocus();
    await user.keyboard("123456{Enter}");
    expect(root()).toHaveAttribute("data-screen", "signed-in");
    expect(part("account-name")).toHaveFocus();
  });

  it("has a field that phones and password managers fill", async () => {
    await openStep();
    expect(field("code")).toHaveFocus();
    expect(field("code").autocomplete).toBe("one-time-code");
    expect(field("code")).toHaveAttribute("inputmode", "numeric");
    expect(field("code").type).toBe("text");
    expect(field("code")).toHaveAccessibleName("Code");
  });

  it("sends the code as it was typed, without blanks around it", async () => {
    const { calls, user } = await openStep({ second_factor: () => signedIn() });
    await user.click(field("code"));
    await user.paste(" 123 456\n");
    await user.click(button("second-factor"));
    expect(calls).toContainEqual(["second_factor", { code: "123 456", requestId: ANY_ID }]);
  });

  it("needs a code", async () => {
    const { calls, user } = await openStep();
    await user.click(button("second-factor"));
    expect(part("code-alert")).toHaveTextContent(words.secondFactor.missing);
    expect(field("code")).toHaveFocus();
    expect(calls.map(([name]) => name)).not.toContain("second_factor");
  });

  it("takes a recovery code in the same field", async () => {
    const { calls, user } = await openStep({ second_factor: () => signedIn() });
    await user.click(button("use-recovery-code"));
    expect(field("code")).toHaveFocus();
    expect(field("code")).toHaveAccessibleName("Recovery code");
    expect(field("code")).toHaveAttribute("inputmode", "text");
    expect(root()).toHaveTextContent(words.secondFactor.lost);
    await user.type(field("code"), "7M2K-Q9XW-4TR8-1Z{Enter}");
    expect(calls.some(([name]) => name === "second_factor")).toBe(true);
  });

  it("asks about the phone's clock after two wrong codes in a row", async () => {
    const { enter } = await openStep({ second_factor: fails("wrong-code") });
    await enter("111111");
    expect(alertRegion()).toHaveTextContent(words.failures["wrong-code"]);
    expect(field("code")).toHaveFocus();
    expect(field("code")).toHaveValue("");
    expect(field("code")).toHaveAttribute("aria-invalid", "true");
    expect(part("clock-hint")).toBeEmptyDOMElement();
    await enter("222222");
    expect(part("clock-hint")).toHaveTextContent("Is the clock of your phone right?");
  });

  it.each(ERROR_CODES)("has a sentence: %s", async (code) => {
    const { enter } = await openStep({ second_factor: fails(code) });
    await enter("123456");
    if (code === "enrolment-required" || code === "second-factor-required") return;
    expect(alertRegion()).toHaveTextContent(
      words.failuresIn["second-factor"]?.[code] ?? words.failures[code],
    );
    expect(root()).toHaveAttribute("data-screen", "second-factor");
  });

  it("leads back to the form when it took too long", async () => {
    let view = pending;
    const { user } = await openWindow(view, {
      session: () => view,
      second_factor: (args) => {
        view = signedOut();
        return fails("challenge-expired")(args);
      },
    });
    await user.type(field("code"), "123456{Enter}");
    expect(root()).toHaveAttribute("data-screen", "sign-in");
    expect(alertRegion()).toHaveTextContent("That took too long. Sign in again.");
  });

  it("leads to a new factor after an operator's code", async () => {
    let view = pending;
    const { user } = await openWindow(view, {
      session: () => view,
      second_factor: (args) => {
        view = waiting(signedOut(), "enrolment");
        return fails("enrolment-required")(args);
      },
      enrol: fails("server-unavailable"),
    });
    await user.type(field("code"), "7M2K-Q9XW-4TR8-HJ3V-J{Enter}");
    expect(root()).toHaveAttribute("data-screen", "enrol-factor");
  });

  it.each(["cancel", "{Escape}"])("is given up by %s", async (way) => {
    const { calls, user } = await openStep({ cancel_sign_in: () => signedOut() });
    await (way === "cancel" ? user.click(button("cancel")) : user.keyboard(way));
    expect(calls.at(-1)?.[0]).toBe("cancel_sign_in");
    expect(root()).toHaveAttribute("data-screen", "sign-in");
    expect(has('[name="code"]')).toBe(false);
  });

  it("is the same over a held session", async () => {
    const { user } = await openWindow(waiting(held("keychain-locked", "locked"), "second-factor"), {
      second_factor: () => signedIn(),
    });
    expect(root()).toHaveAttribute("data-screen", "second-factor");
    await user.type(field("code"), "123456{Enter}");
    expect(root()).toHaveAttribute("data-screen", "signed-in");
  });
});
