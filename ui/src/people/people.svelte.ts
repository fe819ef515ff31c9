// Owns what the screens about other people's accounts share: the list, the account that is open,
// the code that was made for it, and the outcome of the last call. Makes one call at a time. All of
// it goes when the screens close.
import { tick } from "svelte";

import type { Session } from "../session.svelte";
import { once, type Account, type Code } from "./account";
import * as calls from "./calls";
import type { Answer } from "./calls";
import type { Fault } from "./fault";
import type { Task } from "./task";

export class People {
  /** Null until the server has answered. */
  accounts: Account[] | null = $state.raw(null);
  /** Where the list goes on; null at its end. */
  next: string | null = $state.raw(null);
  /** What the list was searched for. */
  search = $state("");
  /** The account that is open. */
  chosen: Account | null = $state.raw(null);
  /** The code that was made for it. It is nowhere else, and goes when the account closes. */
  code: Code | null = $state.raw(null);
  /** The name of the call that is under way. */
  busy: string | null = $state(null);
  fault: Fault | null = $state.raw(null);
  done = $state("");
  /** The account that was open last: its row takes the focus. */
  lastId: string | null = null;
  readonly session: Session;
  // Counts the screens, so that an answer for one that has closed is dropped.
  #screens = 0;

  constructor(session: Session) {
    this.session = session;
  }

  /** Whether the user has the role that sees every code and changes accounts. A hint. */
  get isAdmin(): boolean {
    return this.session.account.details?.role === "admin";
  }

  /** Loads the list from its beginning. */
  async find(search: string): Promise<void> {
    const page = await this.make("find", "find", () => calls.find(search, null));
    if (!page) return;
    this.search = search;
    this.accounts = page.items;
    this.next = page.next;
  }

  /** Loads the next part of the list. Returns the id of its first account. */
  async more(): Promise<string | undefined> {
    const { accounts, next, search } = this;
    if (!accounts || next === null) return undefined;
    const page = await this.make("find", "more", () => calls.find(search, next));
    if (!page) return undefined;
    this.accounts = once([...accounts, ...page.items], ({ id }) => id);
    this.next = page.next;
    return page.items[0]?.id;
  }

  /** Opens an account, and asks the server for it as it is now. */
  async open(account: Account, code: Code | null = null): Promise<void> {
    this.#turn();
    this.chosen = account;
    this.code = code;
    this.lastId = account.id;
    this.session.open("person");
    if (!code) await this.reload();
  }

  invite(): void {
    this.#turn();
    this.lastId = null;
    this.session.open("invite");
  }

  /** Goes back to the list. The outcome of the last call stays only if it is about the list. */
  list(said = ""): void {
    this.#turn();
    this.done = said;
    this.session.open("people");
  }

  /** Asks the server for the open account anew. */
  async reload(): Promise<void> {
    const { id } = this.chosen ?? {};
    if (id === undefined) return;
    const account = await this.make("open", "open", () => calls.account(id));
    if (account) this.receive(account);
  }

  /** Shows an account as the server has just described it, also in the list. */
  receive(account: Account): void {
    if (this.chosen?.id === account.id) this.chosen = account;
    this.accounts = this.accounts?.map((old) => (old.id === account.id ? account : old)) ?? null;
  }

  /** Puts a new account at the head of the list. */
  add(account: Account): void {
    this.accounts &&= once([account, ...this.accounts], ({ id }) => id);
  }

  /**
   * Makes a call, with the question that it may need. Returns undefined unless it was done, and the
   * screen that asked for it is still there.
   */
  async make<T>(task: Task, name: string, call: () => Promise<Answer<T>>): Promise<T | undefined> {
    if (this.busy !== null) return undefined;
    this.busy = name;
    this.fault = null;
    this.done = "";
    const screen = this.#screens;
    const outcome = await this.session.account.confirmation.around(call);
    if (screen !== this.#screens) return undefined;
    this.busy = null;
    if (outcome === null) {
      this.fault = { task, kind: "unconfirmed" };
    } else if (!outcome.ok) {
      this.fault = { task, kind: "failure", failure: outcome };
      await this.session.refreshAfter(outcome.code);
    } else if ("value" in outcome.value) {
      return outcome.value.value;
    } else {
      await this.#refuse(task, outcome.value);
    }
    return undefined;
  }

  /** The screens close: the user has not, or no longer, the role for them. */
  async loseRole(): Promise<void> {
    this.#turn();
    this.accounts = null;
    this.session.account.roleLost = true;
    this.session.close();
    await this.session.account.load();
    await tick();
    document.querySelector<HTMLElement>("h1")?.focus();
  }

  /** The screens have closed. */
  forget(): void {
    this.#turn();
    this.accounts = null;
  }

  async #refuse(task: Task, { refused: refusal, reason }: calls.Refusing): Promise<void> {
    if (refusal === "role_required") {
      await this.loseRole();
    } else if (refusal === "not_found" && this.chosen) {
      const { id } = this.chosen;
      this.accounts = this.accounts?.filter((account) => account.id !== id) ?? null;
      this.list();
      this.fault = { task: "open", kind: "refusal", refusal };
    } else {
      this.fault = { task, kind: "refusal", refusal, reason };
    }
  }

  #turn(): void {
    this.#screens += 1;
    this.busy = null;
    this.fault = null;
    this.done = "";
    this.chosen = null;
    this.code = null;
  }
}
