// The few elements that the screens are made of. Texts go into text nodes: a note is never HTML.

/** Makes an element with properties and contents. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<Omit<HTMLElementTagNameMap[K], "style">>,
  ...contents: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...contents);
  return made;
}

/** Makes a button. Its action's name is in `data-action`, for tests. */
export function button(action: string, label: string, press?: () => void): HTMLButtonElement {
  const made = element("button", { type: press ? "button" : "submit" }, label);
  made.dataset["action"] = action;
  if (press) made.addEventListener("click", press);
  return made;
}

/** Shows that a button's action is in progress; a second press does nothing. */
export function setBusy(form: HTMLElement, submit: HTMLButtonElement, busy: boolean): void {
  form.setAttribute("aria-busy", String(busy));
  submit.setAttribute("aria-busy", String(busy));
  for (const input of form.querySelectorAll("input")) input.readOnly = busy;
}
