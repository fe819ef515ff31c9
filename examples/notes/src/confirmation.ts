// Asks for the password, or a code, where it is needed: a form in place, until it is answered.
import type { Confirmation, LatchkeyError, Need } from "tauri-plugin-latchkey-api";

import { button, element } from "./element";
import { sentenceOf } from "./words";

const FIELDS: Record<Need, { label: string; type: string; autocomplete: AutoFill }> = {
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
    const inputs = needs.map((need) => {
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
      end(Object.fromEntries(inputs.map(({ need, input }) => [need, input.value])));
    });
    place.replaceChildren(form);
    inputs[0]?.input.focus();
  });
}
