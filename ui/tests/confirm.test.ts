// The question to confirm that it is the user, over what they are doing.
import { fireEvent } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { ERROR_CODES, desk, here, inBrowser, signedIn, signedOut } from "./views";
import {
  ANY_ID,
  button,
  fails,
  field,
  has,
  openWindow,
  part,
  paste,
  root,
  sessionChanged,
  settled,
  type Answers,
} from "./window";

type Need = "password" | "code";

/** A command that wants a confirmation until there was one. */
function behindConfirmation(needs: Need[], answers: Answers, value: unknown = null) {
  let confirmed = false;
  const command = (args: unknown) => (confirmed ? value : fails("confirmation-required", { needs })(args));
  const confirm = (args: unknown) => {
    const answer = answers.confirm?.(args) ?? null;
    confirmed = true;
    return answer;
  };
  return { command, confirm };
}

const dialog = () => document.querySelector('dialog[data-dialog="confirm"]');

async function changePassword(needs: Need[], answers: Answers = {}) {
  const { command, confirm } = behindConfirmation(needs, answers);
  const opened = await openWindow(signedIn(), { change_password: command, confirm, ...answers });
  await opened.user.click(button("open-password"));
  await paste(opened.user, field("current-password"), "autobots rule");
  await paste(opened.user, field("new-password"), "optimus must be followed");
  await opened.user.click(button("change-password"));
  return opened;
}

describe("the question", () => {
  it.each([
    [["password"], words.confirm.about.password, ["confirm-password"]],
    [["code"], words.confirm.about.code, ["confirm-code"]],
    [["password", "code"], words.confirm.about.both, ["confirm-password", "confirm-code"]],
  ] as [Need[], string, string[]][])("asks for %j, and for nothing else", async (needs, sentence, names) => {
    await changePassword(needs);
    expect(dialog()).toHaveAttribute("open");
    expect(dialog()).toHaveAccessibleName(words.confirm.heading);
    expect(dialog()).toHaveTextContent(sentence);
    const fields = [...(dialog()?.querySelectorAll("input:not([aria-hidden])") ?? [])];
    expect(fields.map((input) => input.getAttribute("name"))).toEqual(names);
    expect(field(names[0] ?? "")).toHaveFocus();
  });

  it("offers no passkey where the account has none", async () => {
    await changePassword(["password"]);
    expect(has("[data-action=confirm-by-passkey]")).toBe(false);
  });

  it("has fields that password managers and phones fill", async () => {
    await changePassword(["password", "code"]);
    expect(field("confirm-password").autocomplete).toBe("current-password");
    expect(field("confirm-code").autocomplete).toBe("one-time-code");
    expect(dialog()?.querySelector<HTMLInputElement>('[name="account"]')).toHaveValue("Ladiesman217");
  });

  it("lets what was being done go on by itself, with what was typed", async () => {
    const { calls, user } = await changePassword(["code"]);
    await user.type(field("confirm-code"), " 123456 {Enter}");
    await settled();
    expect(calls).toContainEqual(["confirm", { code: "123456", requestId: ANY_ID }]);
    const changes = calls.filter(([name]) => name === "change_password").map(([, args]) => args);
    expect(changes).toHaveLength(2);
    expect(changes[1]).toMatchObject({ current: "autobots rule", new: "optimus must be followed" });
    expect(dialog()).toBeNull();
    expect(part("password-status")).toHaveTextContent(words.change.done);
  });

  it.each(["button", "{Escape}", "cancel event"])(
    "is cancelled by the %s, and nothing typed is lost",
    async (way) => {
      const { calls, user } = await changePassword(["code"]);
      if (way === "button") await user.click(button("cancel"));
      else if (way === "cancel event")
        await fireEvent(dialog() as Element, new Event("cancel", { cancelable: true }));
      else await user.keyboard(way);
      await settled();
      expect(dialog()).toBeNull();
      expect(part("password-status")).toHaveTextContent(words.confirm.cancelled);
      expect(root()).toHaveAttribute("data-screen", "change-password");
      expect(field("new-password")).toHaveValue("optimus must be followed");
      expect(button("change-password")).toHaveFocus();
      expect(calls.map(([name]) => name)).not.toContain("confirm");
    },
  );

  it("needs what it asks for", async () => {
    const { calls, user } = await changePassword(["password", "code"]);
    await user.click(button("confirm"));
    expect(part("confirm-alert")).toHaveTextContent(words.enrol.passwordMissing);
    expect(field("confirm-password")).toHaveFocus();
    await paste(user, field("confirm-password"), "autobots rule");
    await user.keyboard("{Enter}");
    expect(part("confirm-alert")).toHaveTextContent(words.secondFactor.missing);
    expect(field("confirm-code")).toHaveFocus();
    expect(calls.map(([name]) => name)).not.toContain("confirm");
  });

  it.each([
    ["wrong-credentials", "confirm-password", "confirm-code"],
    ["wrong-code", "confirm-code", "confirm-password"],
    ["code-used", "confirm-code", "confirm-password"],
  ] as const)("empties only the wrong field after %s", async (code, wrong, right) => {
    const { user } = await changePassword(["password", "code"], { confirm: fails(code) });
    await paste(user, field("confirm-password"), "autobots rule");
    await paste(user, field("confirm-code"), "123456");
    await user.keyboard("{Enter}");
    expect(part("confirm-alert")).toHaveTextContent(words.failuresIn.confirm?.[code] ?? words.failures[code]);
    expect(field(wrong)).toHaveValue("");
    expect(field(wrong)).toHaveFocus();
    expect(field(wrong)).toHaveAttribute("aria-invalid", "true");
    expect(field(right)).not.toHaveValue("");
  });

  it.each(ERROR_CODES.filter((code) => code !== "confirmation-required"))(
    "stays open with a sentence: %s",
    async (code) => {
      const { user } = await changePassword(["password"], { confirm: fails(code) });
      await paste(user, field("confirm-password"), "autobots rule");
      await user.keyboard("{Enter}");
      expect(part("confirm-alert")).toHaveTextContent(
        words.failuresIn.confirm?.[code] ?? words.failures[code],
      );
    },
  );

  it("asks for the rest where the answer was not enough", async () => {
    const { user } = await changePassword(["password"], {
      confirm: fails("confirmation-required", { needs: ["password", "code"] }),
    });
    await paste(user, field("confirm-password"), "autobots rule");
    await user.keyboard("{Enter}");
    expect(field("confirm-password")).toHaveValue("autobots rule");
    expect(field("confirm-code")).toHaveFocus();
  });

  it("takes a recovery code", async () => {
    const { user } = await changePassword(["code"]);
    await user.click(button("use-recovery-code"));
    expect(field("confirm-code")).toHaveAccessibleName("Recovery code");
    expect(field("confirm-code")).toHaveAttribute("inputmode", "text");
    expect(field("confirm-code")).toHaveFocus();
  });

  it("closes together with the session", async () => {
    let view = signedIn() as ReturnType<typeof signedOut>;
    const { user } = await changePassword(["password"], {
      session: () => view,
      confirm: (args) => {
        view = signedOut("revoked");
        return fails("session-over")(args);
      },
    });
    await paste(user, field("confirm-password"), "autobots rule");
    await user.keyboard("{Enter}");
    await settled();
    expect(dialog()).toBeNull();
    expect(root()).toHaveAttribute("data-screen", "sign-in");
  });

  it("is not asked for ever by a server that never has enough", async () => {
    const { user } = await changePassword(["password"], {
      change_password: fails("confirmation-required", { needs: ["password"] }),
      confirm: () => null,
    });
    for (let asked = 0; asked < 2; asked += 1) {
      await paste(user, field("confirm-password"), "autobots rule");
      await user.keyboard("{Enter}");
      await settled();
    }
    expect(dialog()).toBeNull();
    expect(part("password-alert")).toHaveTextContent(words.failures["confirmation-required"]);
  });
});

describe("ending other sessions", () => {
  it("goes on after the confirmation", async () => {
    const { command, confirm } = behindConfirmation(["password"], {}, [here]);
    const { user } = await openWindow(signedIn(), {
      sessions: () => [here, desk],
      end_other_sessions: command,
      confirm,
    });
    await user.click(button("open-devices"));
    await user.click(button("end-others"));
    await user.click(button("confirm-end-others"));
    await paste(user, field("confirm-password"), "autobots rule");
    await user.keyboard("{Enter}");
    await settled();
    expect(part("devices-status")).toHaveTextContent("All other devices have been signed out.");
  });

  it("changes nothing when it is not confirmed", async () => {
    const { command, confirm } = behindConfirmation(["password"], {}, [here]);
    const { user } = await openWindow(signedIn(), {
      sessions: () => [here, desk],
      end_session: command,
      confirm,
    });
    await user.click(button("open-devices"));
    await user.click(button("end"));
    await user.click(button("confirm-end"));
    await user.click(dialog()?.querySelector('[data-action="cancel"]') as Element);
    await settled();
    expect(part("devices-status")).toHaveTextContent(words.confirm.cancelled);
    expect(part("devices").querySelectorAll("li")).toHaveLength(2);
    expect(has('[data-testid="devices-alert"] p')).toBe(false);
  });
});

describe("a passkey in place of what is needed", () => {
  /** A change of the password by an account that has a passkey. */
  async function open(answers: Answers) {
    let asked = 0;
    const required = fails("confirmation-required", { needs: ["password", "code"], orPasskey: true });
    const opened = await openWindow(signedIn(), {
      change_password: (args) => (asked++ === 0 ? required(args) : null),
      cancel_browser: () => signedIn(),
      ...answers,
    });
    await opened.user.click(button("open-password"));
    await paste(opened.user, field("current-password"), "autobots rule");
    await paste(opened.user, field("new-password"), "optimus must be followed");
    await opened.user.click(button("change-password"));
    expect(button("confirm-by-passkey")).toHaveTextContent(words.confirm.byPasskey);
    await opened.user.click(button("confirm-by-passkey"));
    return opened;
  }

  it("is asked for in the browser, and what was being done goes on", async () => {
    let browser = inBrowser({ purpose: "confirm" });
    const { calls } = await open({
      confirm_with_browser: () => browser,
      session: () => ({ ...signedIn(), browser }),
    });
    expect(calls.find(([name]) => name === "confirm_with_browser")?.[1]).toEqual({
      way: "passkey",
      language: "en",
      requestId: ANY_ID,
    });
    expect(dialog()).toHaveTextContent(words.confirm.about.browser);
    expect(has("#confirm-password, #confirm-code, [data-action=confirm-by-passkey]")).toBe(false);
    browser = { ...browser, state: "done" };
    await sessionChanged({ ...signedIn(), browser });
    await settled();
    expect(dialog()).toBeNull();
    expect(calls.filter(([name]) => name === "change_password")).toHaveLength(2);
  });

  it("that cannot be shown leads back to what was needed", async () => {
    const { user } = await open({ confirm_with_browser: fails("browser-unavailable") });
    expect(part("confirm-alert")).toHaveTextContent(words.failures["browser-unavailable"]);
    expect(button("confirm-otherwise")).toHaveTextContent(words.confirm.otherwise);
    await user.click(button("confirm-otherwise"));
    expect(part("confirm-alert")).toBeEmptyDOMElement();
    expect(field("confirm-password")).toHaveFocus();
    expect(has("#confirm-code")).toBe(true);
  });
});
