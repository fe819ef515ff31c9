// The form. Ten lines of it are the plugin's; the rest is the app's own look.
import { LatchkeyError, signIn } from "tauri-plugin-latchkey-api";

import { button, element, setBusy } from "./element";
import { sentenceOf } from "./words";

/** Makes the screen for a user who is not signed in. */
export function signInScreen(): HTMLElement {
  const username = element("input", {
    name: "username",
    id: "username",
    autocomplete: "username",
    required: true,
  });
  const password = element("input", {
    name: "password",
    id: "password",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const alert = element("p", { className: "wrong", id: "sign-in-alert", role: "alert" });
  const submit = button("sign-in", "Sign in");
  const consent = button("allow-key-file", "Store the key in a file, and sign in", () => void send(true));
  consent.hidden = true;
  const form = element(
    "form",
    { noValidate: true },
    element("label", { htmlFor: "username" }, "Username"),
    username,
    element("label", { htmlFor: "password" }, "Password"),
    password,
    alert,
    submit,
    consent,
  );

  async function send(allowKeyFile: boolean): Promise<void> {
    if (form.getAttribute("aria-busy") === "true") return;
    alert.textContent = "";
    consent.hidden = true;
    setBusy(form, submit, true);
    try {
      await signIn({ username: username.value.trim(), password: password.value, allowKeyFile });
    } catch (error) {
      alert.textContent = sentenceOf(error);
      consent.hidden = !(error instanceof LatchkeyError && error.code === "key-file-consent");
      (consent.hidden ? password : consent).focus();
    } finally {
      setBusy(form, submit, false);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(false);
  });
  return element(
    "section",
    {},
    element("h1", {}, "Notes"),
    element("p", {}, "Sign in to see your notes."),
    form,
  );
}
