import { describe, expect, it, vi } from "vitest";

import { words } from "../src/words";
import { ERROR_CODES, byContact, byMail, device, signedIn, signedOut } from "./views";
import {
  ANY_ID,
  button,
  fails,
  field,
  has,
  later,
  openWindow,
  part,
  paste,
  root,
  type Answers,
} from "./window";

const HOST = "127.0.0.1:5468";

async function openForgot(answers: Answers = {}, username = "") {
  const opened = await openWindow(signedOut(), { sign_in_options: () => byMail, ...answers });
  if (username) await paste(opened.user, field("username"), username);
  await opened.user.click(button("forgot-password"));
  return opened;
}

describe("a forgotten password, where the server sends mail", () => {
  it("is asked for with what was typed, by the name of the server", async () => {
    await openForgot({}, " Ladiesman217 ");
    expect(root()).toHaveAttribute("data-screen", "forgot-password");
    expect(root()).toHaveTextContent(`You need a code from ${HOST}.`);
    expect(field("username")).toHaveValue("Ladiesman217");
    expect(field("username")).toHaveFocus();
    expect(field("username")).toHaveAccessibleName("Username or email address");
  });

  it("says that a code is on its way, and leads to where it is entered", async () => {
    const { calls, user } = await openForgot({ forgot_password: () => null });
    await user.type(field("username"), "sam@witwicky.example{Enter}");
    expect(calls.at(-1)).toEqual([
      "forgot_password",
      { username: "sam@witwicky.example", requestId: ANY_ID },
    ]);
    expect(part("forgot-status")).toHaveTextContent(`If ${HOST} knows this account`);
    expect(part("forgot-status")).toHaveTextContent("It works for 15 minutes.");
    expect(root()).toHaveTextContent("only on this device");
    expect(root()).toHaveTextContent("started this app again since");
    expect(document.querySelector("h1")).toHaveFocus();
    await user.click(button("use-code"));
    expect(root()).toHaveAttribute("data-screen", "use-code");
    expect(field("username")).toHaveValue("sam@witwicky.example");
  });

  it("can be asked for again", async () => {
    const { calls, user } = await openForgot({ forgot_password: () => null });
    await user.type(field("username"), "Ladiesman217{Enter}");
    await user.click(button("ask-again"));
    expect(field("username")).toHaveFocus();
    await user.keyboard("{Enter}");
    expect(calls.filter(([name]) => name === "forgot_password")).toHaveLength(2);
  });

  it("needs a name", async () => {
    const { calls, user } = await openForgot();
    await user.click(button("send-code"));
    expect(part("forgot-alert")).toHaveTextContent(words.forgot.whoMissing);
    expect(field("username")).toHaveFocus();
    expect(field("username")).toHaveAttribute("aria-invalid", "true");
    expect(calls.map(([name]) => name)).not.toContain("forgot_password");
  });

  it.each(ERROR_CODES.filter((code) => code !== "forgot-unavailable"))(
    "has a sentence when asking fails: %s",
    async (code) => {
      const { user } = await openForgot({ forgot_password: fails(code) });
      await paste(user, field("username"), "Ladiesman217");
      await user.keyboard("{Enter}");
      expect(part("forgot-alert")).toHaveTextContent(words.failures[code]);
      expect(field("username")).toHaveValue("Ladiesman217");
    },
  );

  it("offers the key in a file where there is no keychain, since the code belongs to the key", async () => {
    let keychain = false;
    const { calls, user } = await openForgot({
      forgot_password: (args) => (keychain ? null : fails("key-file-consent", { cause: "missing" })(args)),
    });
    await user.type(field("username"), "Ladiesman217{Enter}");
    expect(part("forgot-alert")).toHaveTextContent(words.keyFile.consent);
    keychain = true;
    await user.click(button("send-code-with-key-file"));
    expect(calls.at(-1)?.[1]).toMatchObject({ allowKeyFile: true });
    expect(part("forgot-status")).toHaveTextContent("a code is on its way");
  });

  it("whose server no longer sends mail says whom to ask", async () => {
    const { user } = await openForgot({ forgot_password: fails("forgot-unavailable") });
    await user.type(field("username"), "Ladiesman217{Enter}");
    expect(part("contact")).toHaveTextContent("the front desk, room 12");
    expect(has("form")).toBe(false);
  });
});

describe("a forgotten password, where the server sends no mail", () => {
  it("says whom to ask, sends nothing, and leads to where the code is entered", async () => {
    const { calls, user } = await openForgot({ sign_in_options: () => byContact });
    expect(root()).toHaveTextContent(`${HOST} sends no mail.`);
    expect(part("contact")).toHaveTextContent("Ask here: the front desk, room 12");
    expect(has("form")).toBe(false);
    await user.click(button("use-code"));
    expect(root()).toHaveAttribute("data-screen", "use-code");
    expect(calls.map(([name]) => name)).not.toContain("forgot_password");
  });

  it("has a sentence where the server names nobody, and shows what it names as text", async () => {
    await openForgot({ sign_in_options: () => ({ ...byContact, contact: null }) });
    expect(root()).toHaveTextContent(words.forgot.contactUnknown);
    document.body.replaceChildren();
    await openForgot({ sign_in_options: () => ({ ...byContact, contact: "<img src=x>\u202eksa" }) });
    expect(part("contact")).toHaveTextContent("<img src=x>ksa");
    expect(has("main img")).toBe(false);
  });
});

describe("the ways in", () => {
  it("are asked for again when asked to, and shown as loading only when it takes a while", async () => {
    let answer = fails("server-unreachable", { cause: "no-network" });
    const { user } = await openForgot({ sign_in_options: (args) => answer(args) });
    expect(part("forgot-alert")).toHaveTextContent("This computer has no network.");
    const wait = later();
    answer = wait.answer;
    await user.click(button("load-options"));
    wait.arrive(byMail);
    await vi.waitFor(() => {
      expect(field("username")).toHaveFocus();
    });
  });

  it("are left by Escape, which leads back to the form as it was", async () => {
    const { user } = await openForgot({}, "Ladiesman217");
    await user.keyboard("{Escape}");
    expect(root()).toHaveAttribute("data-screen", "sign-in");
    expect(button("forgot-password")).toHaveFocus();
    expect(field("username")).toHaveValue("Ladiesman217");
  });

  it("are not offered over a session that goes on", async () => {
    const warning = { kind: "absolute", endsAt: 0, within: 86_400 } as const;
    const { user } = await openWindow(signedIn({ warning }));
    await user.click(button("sign-in-again"));
    expect(has('[data-action="forgot-password"]')).toBe(false);
  });
});

it("a server that is no address of a host is named as it is", async () => {
  await openWindow(
    { ...signedOut(), device: { ...device, server: "nonsense" } },
    { sign_in_options: () => byMail },
  );
  button("forgot-password").click();
  await vi.waitFor(() => {
    expect(root()).toHaveTextContent("You need a code from nonsense.");
  });
});
