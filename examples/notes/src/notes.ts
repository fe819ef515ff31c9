// The notes of the user who is signed in: read from the server or from the cache, added online.
import { getCached, LatchkeyError, send, withConfirmation } from "tauri-plugin-latchkey-api";
import type { SessionView } from "tauri-plugin-latchkey-api";

import { askIn } from "./confirmation";
import { button, element, setBusy } from "./element";
import { sentenceOf } from "./words";

type SignedIn = Extract<SessionView, { state: "signed-in" }>;

/** The longest note that the server accepts, in bytes. */
const MAX_BYTES = 2000;

/** The screen of one sign-in. Typed text stays in it while the session is held. */
export class NotesScreen {
  readonly element: HTMLElement;
  readonly #input = element("input", {
    name: "note",
    id: "new-note",
    type: "text",
    autocomplete: "off",
    dir: "auto",
  });
  readonly #submit = button("add-note", "Add");
  readonly #alert = element("p", { className: "wrong", id: "note-alert", role: "alert" });
  readonly #hint = element("p", { className: "quiet", id: "note-hint" });
  readonly #list = element("ul", {});
  readonly #status = element("p", { className: "quiet", role: "status" });
  readonly #added = element("p", { className: "visually-hidden", role: "status" });
  readonly #form: HTMLFormElement;
  readonly #question = element("div", {});
  readonly #delete = button("delete-notes", "Delete all notes", () => void this.#deleteAll());
  #connection: SignedIn["connection"] | undefined;
  // Counts the readings, so that a response that a later one has overtaken is dropped.
  #reading = 0;

  /** @param owner - who signed in, and when: another sign-in has another screen. */
  constructor(readonly owner: string) {
    this.#input.setAttribute("aria-describedby", "note-alert note-hint");
    this.#added.dataset["testid"] = "note-added";
    const row = element("div", { className: "row" }, this.#input, this.#submit);
    const label = element("label", { htmlFor: "new-note" }, "New note");
    this.#form = element("form", { noValidate: true }, label, row, this.#alert, this.#hint);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#add();
    });
    this.element = element(
      "section",
      {},
      element("h1", {}, "Notes"),
      this.#form,
      this.#list,
      this.#delete,
      this.#question,
      this.#status,
      this.#added,
    );
    this.element.dataset["testid"] = "notes";
  }

  /** Reads the notes for the first time, and again whenever the server returns. */
  update({ connection }: SignedIn): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    this.#hint.textContent =
      connection === "offline" ? "Adding needs the server. What you type stays here until it is back." : "";
    void this.#read();
  }

  async #read(): Promise<void> {
    const reading = ++this.#reading;
    try {
      const { response, cachedAt } = await getCached("/api/notes");
      if (!response.ok) throw new Error(`status ${String(response.status)}`);
      const notes = notesIn(await response.json());
      if (reading !== this.#reading) return;
      const items = notes.map((note) => element("li", { dir: "auto" }, note));
      this.#list.replaceChildren(...items);
      this.#list.hidden = items.length === 0;
      this.#delete.hidden = items.length === 0;
      const asOf = cachedAt === null ? "" : `As of ${dayOf(cachedAt)}. The server cannot be reached.`;
      this.#status.textContent = items.length === 0 ? `There are no notes yet. ${asOf}` : asOf;
    } catch (error) {
      if (reading === this.#reading) this.#status.textContent = sentenceOf(error);
    }
  }

  async #add(): Promise<void> {
    if (this.#form.getAttribute("aria-busy") === "true") return;
    this.#added.textContent = "";
    this.#refuse("");
    const text = this.#input.value;
    if (text.trim() === "") return this.#refuse("Type a note first.");
    setBusy(this.#form, this.#submit, true);
    this.#submit.textContent = "Adding…";
    try {
      const { status } = await send("/api/notes", { method: "POST", body: text });
      if (status === 422)
        return this.#refuse(`That note is too long. The limit is ${String(MAX_BYTES)} bytes.`);
      if (status !== 201)
        return this.#refuse(`The server did not accept the note (status ${String(status)}).`);
      this.#input.value = "";
      this.#added.textContent = "Added.";
      this.#input.focus();
    } catch (error) {
      return this.#refuse(notAdded(error));
    } finally {
      this.#submit.textContent = "Add";
      setBusy(this.#form, this.#submit, false);
    }
    await this.#read();
  }

  // The server's route wants a confirmation: the password, or the code of a second factor.
  async #deleteAll(): Promise<void> {
    if (this.#delete.disabled) return;
    this.#delete.disabled = true;
    this.#refuse("");
    try {
      const { status } = await withConfirmation(
        () => send("/api/notes", { method: "DELETE" }),
        (needs, error) => askIn(this.#question, needs, error),
      );
      if (status !== 204)
        return this.#refuse(`The server did not delete the notes (status ${String(status)}).`);
    } catch (error) {
      const isGivenUp = error instanceof LatchkeyError && error.code === "confirmation-required";
      return isGivenUp ? undefined : this.#refuse(sentenceOf(error));
    } finally {
      this.#delete.disabled = false;
    }
    this.#added.textContent = "Deleted.";
    await this.#read();
  }

  #refuse(sentence: string): void {
    this.#alert.textContent = sentence;
    this.#input.setAttribute("aria-invalid", String(sentence !== ""));
    if (sentence !== "") this.#input.focus();
  }
}

// A note is sent once. Without a response only the user can decide whether to send it again.
function notAdded(error: unknown): string {
  return error instanceof LatchkeyError && error.code === "server-unreachable"
    ? "The server did not respond. Your note is still here. Before you add it again, check whether it is in the list."
    : sentenceOf(error);
}

function notesIn(body: unknown): string[] {
  const notes = typeof body === "object" && body !== null && "notes" in body ? body.notes : undefined;
  return Array.isArray(notes) ? notes.map(String) : [];
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "long" });
}
