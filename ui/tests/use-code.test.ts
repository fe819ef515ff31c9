import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { ERROR_CODES, byMail, held, signedIn, signedOut, waiting } from "./views";
import {
  ANY_ID,
  alertRegion,
  button,
  fails,
  field,
  has,
  openWindow,
  part,
  paste,
  root,
  type Answers,
} from "./window";

/** Made by an operator, and sent by mail; each with its check character. */
const OPERATORS = "7M2K-Q9XW-4TR8-HJ3V-J";
const MAILED = "7M2K-Q9XW-X";
const PASSWORD = "correct horse battery";

async function openForm(answers: Answers = {}, username = "") {
  const opened = await openWindow(signedOut(), { sign_in_options: () => byMail, ...answers });
  if (username) await paste(opened.user, field("username"), username);
  await opened.user.click(button("use-code"));
  const fill = async (code: string, chosen = PASSWORD) => {
    await opened.user.clear(field("code"));
    if (code) await paste(opened.user, field("code"), code);
    await opened.user.clear(field("new-password"));
    if (chosen) await paste(opened.user, field("new-password"), chosen);
    await opened.user.click(button("redeem-code"));
  };
  return { ...opened, fill };
}

const redeemed = (calls: [string, unknown][]) => calls.filter(([name]) => name === "redeem_code");

describe("the form for a code", () => {
  it("names the server, and is understood by password managers", async () => {
    await openForm({}, "Ladiesman217");
    expect(root()).toHaveAttribute("data-screen", "use-code");
    expect(root()).toHaveTextContent("at 127.0.0.1:5468. A code from another server does not work here.");
    expect(field("username")).toHaveValue("Ladiesman217");
    expect(field("username").autocomplete).toBe("username");
    expect(field("code").autocomplete).toBe("one-time-code");
    expect(field("new-password").autocomplete).toBe("new-password");
    expect(document.querySelector("h1")).toHaveFocus();
  });

  it("shows the server's rule, and the strength of the new password", async () => {
    const { user } = await openForm();
    expect(field("new-password")).toHaveAccessibleDescription(/At least 15 characters/);
    await user.type(field("new-password"), "short");
    expect(part("strength")).toHaveTextContent("Too short");
    await user.type(field("new-password"), ` ${PASSWORD}`);
    expect(part("strength")).toHaveTextContent("Strong");
  });

  it("works without the server's rule", async () => {
    await openForm({ sign_in_options: fails("server-unreachable") });
    expect(field("new-password")).toHaveAccessibleDescription(/A few words/);
    expect(alertRegion()).toBeEmptyDOMElement();
  });

  it("takes a code that is pasted with blanks and small letters", async () => {
    const { calls, user } = await openForm({ redeem_code: () => signedIn() });
    await user.click(field("code"));
    await user.paste(` ${OPERATORS.toLowerCase().replaceAll("-", " ")}\n`);
    await user.type(field("new-password"), `${PASSWORD}{Enter}`);
    expect(redeemed(calls)).toEqual([
      ["redeem_code", { code: "7M2KQ9XW4TR8HJ3VJ", newPassword: PASSWORD, requestId: ANY_ID }],
    ]);
    expect(root()).toHaveAttribute("data-screen", "signed-in");
  });

  it("sends the username with the code where there is one", async () => {
    const { calls, fill } = await openForm({ redeem_code: () => signedIn() }, "Ladiesman217");
    await fill(MAILED);
    expect(redeemed(calls)[0]?.[1]).toMatchObject({ code: "7M2KQ9XWX", username: "Ladiesman217" });
  });
});

describe("before anything is sent", () => {
  it.each([
    ["", PASSWORD, "code", "Enter the code that you were given."],
    ["123 456", PASSWORD, "code", "Six digits are a code of your authenticator app."],
    ["7M2K-Q9XW-4TR8-HJ3W-J", PASSWORD, "code", "There is a slip in the code."],
    ["7M2K-Q9XW-!", PASSWORD, "code", "There is a character in it that no code has."],
    ["7M2K", PASSWORD, "code", "This one has 4."],
    [MAILED, PASSWORD, "username", "A code that came by mail needs your username too."],
    [OPERATORS, "", "new-password", "Enter a new password."],
    [OPERATORS, "too short", "new-password", "at least 15 characters"],
  ])("%j with the password %j focuses %s: %s", async (code, chosen, name, sentence) => {
    const { calls, fill } = await openForm();
    await fill(code, chosen);
    expect(part("code-alert")).toHaveTextContent(sentence);
    expect(field(name)).toHaveFocus();
    expect(field(name)).toHaveAttribute("aria-invalid", "true");
    expect(redeemed(calls)).toEqual([]);
  });

  it("a slip is said until it is corrected", async () => {
    const { fill } = await openForm({ redeem_code: () => signedIn() });
    await fill("7M2K-Q9XW-4TR8-HJ3W-J");
    await fill(OPERATORS);
    expect(root()).toHaveAttribute("data-screen", "signed-in");
  });
});

describe("the response to a code", () => {
  it.each([
    ["invalid-code", "code"],
    ["code-used", "code"],
    ["malformed-code", "code"],
    ["code-for-factor", "code"],
    ["password-too-common", "new-password"],
    ["password-too-long", "new-password"],
  ] as const)("%s focuses its field, and loses nothing that was typed", async (code, name) => {
    const { fill } = await openForm({ redeem_code: fails(code) });
    await fill(OPERATORS);
    expect(alertRegion()).toHaveTextContent(words.failures[code]);
    expect(field(name)).toHaveFocus();
    expect(field(name)).toHaveAttribute("aria-invalid", "true");
    expect(field("code")).toHaveValue(OPERATORS);
    expect(field("new-password")).toHaveValue(PASSWORD);
  });

  it("too short says the length that the server wants", async () => {
    const { fill } = await openForm({ redeem_code: fails("password-too-short", { minLength: 30 }) });
    await fill(OPERATORS);
    expect(alertRegion()).toHaveTextContent("at least 30 characters");
    expect(field("new-password")).toHaveAccessibleDescription(/At least 30 characters/);
  });

  it.each(ERROR_CODES)("has a sentence: %s", async (code) => {
    const { fill } = await openForm({ redeem_code: fails(code) });
    await fill(OPERATORS);
    const said = words.failuresIn["redeem-code"]?.[code] ?? words.failures[code];
    expect(alertRegion()).toHaveTextContent(said);
  });

  it("that it is not known says that a mailed code belongs to the device that asked", async () => {
    const { fill } = await openForm({ redeem_code: fails("invalid-code", { askedHere: false }) });
    await fill(OPERATORS);
    expect(alertRegion()).toHaveTextContent(words.useCode.elsewhere);
    document.body.replaceChildren();
    const again = await openForm({ redeem_code: fails("invalid-code", { askedHere: true }) });
    await again.fill(OPERATORS);
    expect(alertRegion()).not.toHaveTextContent(words.useCode.elsewhere);
  });

  it("a break after the request says that the password may have been set", async () => {
    const { fill } = await openForm({
      redeem_code: fails("server-unreachable", { cause: "connection-lost" }),
    });
    await fill(OPERATORS);
    expect(alertRegion()).toHaveTextContent("if the code no longer works, sign in with the new password");
  });

  it("a second step leads to its screen", async () => {
    let view = signedOut();
    const { fill } = await openForm({
      session: () => view,
      redeem_code: (args) => {
        view = waiting(view, "second-factor");
        return fails("second-factor-required")(args);
      },
    });
    await fill(OPERATORS);
    expect(root()).toHaveAttribute("data-screen", "second-factor");
    expect(alertRegion()).toBeEmptyDOMElement();
  });

  it("a missing keychain offers the key in a file", async () => {
    let keychain = false;
    const { calls, fill, user } = await openForm({
      redeem_code: (args) =>
        keychain ? signedIn() : fails("key-file-consent", { cause: "never-set-up" })(args),
    });
    await fill(OPERATORS);
    expect(alertRegion()).toHaveTextContent(words.keyFile.consent);
    keychain = true;
    await user.click(button("redeem-with-key-file"));
    expect(redeemed(calls).at(-1)?.[1]).toMatchObject({ allowKeyFile: true });
    expect(root()).toHaveAttribute("data-screen", "signed-in");
  });
});

it("a code over the session of a newer version sets it aside, after the question", async () => {
  const { calls, user } = await openWindow(held("store-newer"), {
    sign_in_options: () => byMail,
    redeem_code: () => signedIn(),
  });
  await user.click(button("open-sign-in"));
  await user.click(button("confirm-open-sign-in"));
  await user.click(button("use-code"));
  await user.type(field("code"), OPERATORS);
  await user.type(field("new-password"), `${PASSWORD}{Enter}`);
  expect(redeemed(calls)[0]?.[1]).toMatchObject({ setAsideNewerStore: true });
});

it("nothing that was typed stays in the page after the form closes", async () => {
  const { user } = await openForm();
  await user.type(field("code"), OPERATORS);
  await user.type(field("new-password"), PASSWORD);
  await user.keyboard("{Escape}");
  expect(button("use-code")).toHaveFocus();
  await user.click(button("use-code"));
  expect(field("code")).toHaveValue("");
  expect(field("new-password")).toHaveValue("");
  expect(has(`[value="${PASSWORD}"]`)).toBe(false);
});
