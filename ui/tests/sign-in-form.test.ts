import { fireEvent } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { signedOut } from "./views";
import { alertRegion, button, field, openWindow, part } from "./window";

const open = () => openWindow(signedOut());

describe("the form", () => {
  it("is a form that password managers understand", async () => {
    await open();
    const form = field("password").closest("form");
    expect(document.querySelectorAll("form")).toHaveLength(1);
    expect(field("username").form).toBe(form);
    expect(button("sign-in")).toHaveAttribute("type", "submit");
    expect(button("sign-in").form).toBe(form);
    expect(field("username").id).toBe("username");
    expect(field("password").id).toBe("password");
    expect(field("username").autocomplete).toBe("username");
    expect(field("password").autocomplete).toBe("current-password");
  });

  it.each(["username", "password"])("does not alter %s while it is typed", async (name) => {
    await open();
    expect(field(name)).toHaveAttribute("spellcheck", "false");
    expect(field(name)).toHaveAttribute("autocapitalize", "off");
    expect(field(name)).toHaveAttribute("autocorrect", "off");
    expect(field(name)).toHaveAttribute("dir", "auto");
    expect(field(name)).not.toHaveAttribute("maxlength");
    expect(field(name).labels?.[0]).toBeVisible();
  });

  it.each(["username", "password"])("accepts a pasted %s", async (name) => {
    const { user } = await open();
    await user.click(field(name));
    await user.paste("pasted & long ".repeat(20));
    expect(field(name)).toHaveValue("pasted & long ".repeat(20));
  });

  it("puts the cursor into the first field, and Tab follows the visual order", async () => {
    const { user } = await open();
    expect(field("username")).toHaveFocus();
    await user.tab();
    expect(field("password")).toHaveFocus();
    await user.tab();
    expect(button("toggle-password")).toHaveFocus();
    await user.tab();
    expect(button("sign-in")).toHaveFocus();
  });

  it("names the server it signs in to", async () => {
    await open();
    expect(document.querySelector("form")).toHaveTextContent("to 127.0.0.1:5468");
  });

  it("has its alert and status regions from the start", async () => {
    await open();
    expect(alertRegion()).toBeEmptyDOMElement();
    expect(part("status")).toHaveTextContent(/^$/);
    expect(part("caps-lock")).toBeEmptyDOMElement();
  });
});

describe("show and hide", () => {
  it("is a button whose name says what it does, and reports what it did", async () => {
    const { user } = await open();
    const toggle = button("toggle-password");
    expect(toggle).toHaveAttribute("type", "button");
    expect(toggle).toHaveAccessibleName("Show password");
    await user.click(toggle);
    expect(field("password").type).toBe("text");
    expect(toggle).toHaveAccessibleName("Hide password");
    expect(part("password-visibility")).toHaveTextContent("Your password is shown.");
    await user.click(toggle);
    expect(field("password").type).toBe("password");
    expect(part("password-visibility")).toHaveTextContent("Your password is hidden.");
  });

  it("leaves what was typed", async () => {
    const { user } = await open();
    await user.type(field("password"), "autobots rule");
    await user.click(button("toggle-password"));
    expect(field("password")).toHaveValue("autobots rule");
  });
});

describe("Caps Lock", () => {
  it("is announced while the password is typed, and not afterwards", async () => {
    const { user } = await open();
    await user.click(field("password"));
    await user.keyboard("{CapsLock}a");
    expect(part("caps-lock")).toHaveTextContent("Caps Lock is on.");
    expect(part("caps-lock")).toHaveAttribute("role", "status");
    await user.keyboard("{CapsLock}a");
    expect(part("caps-lock")).toBeEmptyDOMElement();
    await user.keyboard("{CapsLock}a");
    await user.tab();
    expect(part("caps-lock")).toBeEmptyDOMElement();
  });

  it("ignores the key events of autofill", async () => {
    await open();
    await fireEvent(field("password"), new Event("keydown", { bubbles: true }));
    expect(part("caps-lock")).toBeEmptyDOMElement();
  });
});
