import { describe, expect, it } from "vitest";

import { strengthOf } from "../src/strength";
import { signedIn } from "./views";
import { ANY_ID, button, fails, field, openWindow, part, type Answers } from "./window";

async function openForm(answers: Answers = {}) {
  const opened = await openWindow(signedIn(), answers);
  await opened.user.click(button("open-password"));
  const fill = async (current: string, chosen: string) => {
    if (current) await opened.user.type(field("current-password"), current);
    if (chosen) await opened.user.type(field("new-password"), chosen);
    await opened.user.click(button("change-password"));
  };
  return { ...opened, fill };
}

describe("the form", () => {
  it("is understood by password managers, and shows its advice first", async () => {
    await openForm();
    expect(field("account")).toHaveValue("Ladiesman217");
    expect(field("account")).toHaveAttribute("autocomplete", "username");
    expect(field("current-password")).toHaveAttribute("autocomplete", "current-password");
    expect(field("new-password")).toHaveAttribute("autocomplete", "new-password");
    expect(field("new-password")).toHaveAccessibleDescription(/A few words/);
  });

  it("accepts a pasted password, shows it on demand and hides it on submit", async () => {
    const { user } = await openForm({ change_password: () => null });
    await user.click(field("new-password"));
    await user.paste("correct horse battery");
    expect(part("strength")).toHaveTextContent("Strong");
    const toggle = document.querySelectorAll('[data-action="toggle-password"]')[1] as Element;
    expect(toggle).toHaveAccessibleName("Show password: New password");
    await user.click(toggle);
    expect(field("new-password").type).toBe("text");
    await user.click(button("change-password"));
    expect(field("new-password").type).toBe("password");
  });

  it.each([
    ["", "long enough words", "current-password", "Enter your current password."],
    ["old one", "", "new-password", "Enter a new password."],
    ["the same one", "the same one", "new-password", "Choose another."],
  ])("from %j to %j focuses the first wrong field: %s", async (current, chosen, name, sentence) => {
    const { calls, fill } = await openForm();
    await fill(current, chosen);
    expect(field(name)).toHaveFocus();
    expect(field(name)).toHaveAttribute("aria-invalid", "true");
    expect(part("password-alert")).toHaveTextContent(sentence);
    expect(calls.map(([command]) => command)).not.toContain("change_password");
  });
});

describe("the response", () => {
  it.each([
    ["wrong-credentials", "current-password", "That is not your current password."],
    ["password-too-common", "new-password", "Many people use that password"],
    ["password-breached", "new-password", "That password was stolen"],
    ["password-too-long", "new-password", "too long"],
  ] as const)("%s focuses its field", async (code, name, sentence) => {
    const { fill } = await openForm({ change_password: fails(code) });
    await fill("old one", "long enough words");
    expect(field(name)).toHaveFocus();
    expect(part("password-alert")).toHaveTextContent(sentence);
    expect(field("new-password")).toHaveValue("long enough words");
  });

  it("too short shows the server's minimum, and enforces it from then on", async () => {
    const { calls, fill, user } = await openForm({
      change_password: fails("password-too-short", { minLength: 15 }),
    });
    await fill("old one", "fourteen chars");
    expect(field("new-password")).toHaveFocus();
    expect(part("password-alert")).toHaveTextContent("at least 15 characters");
    expect(field("new-password")).toHaveAccessibleDescription(/At least 15 characters/);
    expect(part("strength")).toHaveTextContent("Too short");
    await user.click(button("change-password"));
    expect(calls.filter(([command]) => command === "change_password")).toHaveLength(1);
    await fill("", "!");
    expect(calls.filter(([command]) => command === "change_password")).toHaveLength(2);
  });

  it("too short without a minimum has a sentence too", async () => {
    const { fill } = await openForm({ change_password: fails("password-too-short") });
    await fill("old one", "short");
    expect(part("password-alert")).toHaveTextContent("Choose a longer one.");
  });

  it("that is missing leads to no claim about the password", async () => {
    const { fill } = await openForm({ change_password: fails("server-unreachable") });
    await fill("old one", "long enough words");
    expect(part("password-alert")).toHaveTextContent("it is not certain that your password was changed");
  });

  it.each([
    [false, "Your other devices stay signed in."],
    [true, "All other devices have been signed out."],
  ])("with other sessions ended (%s) says what happened to them", async (endOthers, sentence) => {
    const { calls, fill, user } = await openForm({ change_password: () => null });
    if (endOthers) await user.click(field("end-others"));
    await fill("old one", "long enough words");
    expect(calls).toContainEqual([
      "change_password",
      { current: "old one", new: "long enough words", endOthers, requestId: ANY_ID },
    ]);
    expect(part("password-status")).toHaveTextContent(sentence);
    expect(field("new-password")).toHaveValue("");
    expect(field("current-password")).toHaveValue("");
  });
});

describe("strength", () => {
  it.each([
    ["1234567", "weak"],
    ["👍👍👍👍", "weak"],
    ["aaaaaaaaaaaaaaaaaa", "weak"],
    ["12345678901234567890", "weak"],
    ["Ladiesman217!", "weak"],
    ["sunshine", "weak"],
    ["Tr0ub4dor&3", "fair"],
    ["correct horse battery", "strong"],
  ])("of %j is %s", (password, strength) => {
    expect(strengthOf(password, ["Ladiesman217"], null)).toBe(strength);
  });

  it("is short below the server's minimum, counted in characters", () => {
    expect(strengthOf("👍👍👍👍", [], 5)).toBe("short");
    expect(strengthOf("correct horse battery", [], 22)).toBe("short");
    expect(strengthOf("correct horse battery", [], 21)).toBe("strong");
  });
});
