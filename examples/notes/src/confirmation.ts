// Asks for the password, or a code, where it is needed: a form in place, until it is answered. Who
// signs in with the system's browser confirms there.
import type { Confirmation, LatchkeyError, Need } from "tauri-plugin-latchkey-api";

import { button, element } from "./element";
import { sentenceOf } from "./words";

type Typed = Exclude<Need, "browser">;

const FIELDS: Record<Typed, { label: string; type: string; autocomplete: AutoFill }> = {
  password: { label: "Your password", type: "password", autocomplete: "current-password" },
  code: { label: "The code of your second step", type: "text", autocomplete: "one-time-code" },
};

/** Shows the form in `place`. Resolves with `undefined` if the user gives up. */
export function askIn(
  place: HTMLElement,
  needs: readonly Need[],
  error: LatchkeyError | undefined,
): Promise<Confirmation | undefined> {
  return new Promise((resolve) => {
    const typed = needs.filter((need): need is Typed => need !== "browser");
    const inputs = typed.map((need) => {
      const { label, type, autocomplete } = FIELDS[need];
      const id = `confirm-${need}`;
      const input = element("input", { id, name: need, type, autocomplete, required: true });
      return { need, input, label: element("label", { htmlFor: id }, label) };
    });
    const end = (answer: Confirmation | undefined) => {
      place.replaceChildren();
      resolve(answer);
    };
    const form = element(
      "form",
      { noValidate: true },
      element("p", {}, "All your notes are deleted, on every device. Confirm that it is you."),
      ...inputs.flatMap(({ label, input }) => [label, input]),
      element("p", { className: "wrong", role: "alert" }, error ? sentenceOf(error) : ""),
      button("confirm", "Delete all notes"),
      button("cancel", "Cancel", () => {
        end(undefined);
      }),
    );
    form.dataset["testid"] = "confirmation";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const answer: Confirmation = Object.fromEntries(inputs.map(({ need, input }) => [need, input.value]));
      end(needs.includes("browser") ? { ...answer, browser: {} } : answer);
    });
    place.replaceChildren(form);
    inputs[0]?.input.focus();
  });
}
