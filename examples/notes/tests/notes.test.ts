// The screen behind the sign-in: reading, and adding once.
import axe from "axe-core";
import { describe, expect, it, vi } from "vitest";

import {
  DAY,
  NOW,
  fails,
  field,
  find,
  held,
  notes,
  openPage,
  page,
  press,
  response,
  signedIn,
  signedOut,
} from "./page";
import type { Answer, Call } from "./page";

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000 });
const text = () => find('[data-testid="notes"]').textContent;
const alert = () => find("#note-alert").textContent;
const named = (calls: Call[], name: string) => calls.filter(([command]) => command === name);

const reads = (list: string[], cachedAt: number | null = null) => ({
  get_cached: () => response(200, { notes: list }, cachedAt),
});

/** A server with these notes, which accepts more unless `send` is replaced. */
function server(list: string[], send?: Answer) {
  const take: Answer = ({ body }) => {
    list.unshift((body as { text: string }).text);
    return response(201);
  };
  return { get_cached: () => response(200, { notes: list }), send: send ?? take };
}

function add(note: string) {
  field("note").value = note;
  press("add-note");
}

async function expectAccessible() {
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  const { violations } = await axe.run(page(), {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations).toEqual([]);
}

describe("reading", () => {
  it("asks for nothing while no account is signed in", async () => {
    const { calls } = await openPage(signedOut);
    expect(page().querySelector('[data-testid="notes"]')).toBeNull();
    expect(calls).toEqual([]);
  });

  it("shows the notes as text", async () => {
    const { calls } = await openPage(signedIn(), reads(["buy a car", "<b>wash it</b>"]));
    await eventually(() => {
      expect(notes()).toEqual(["buy a car", "<b>wash it</b>"]);
    });
    expect(text()).not.toContain("As of");
    expect(calls).toEqual([["get_cached", { path: "/api/notes" }]]);
    await expectAccessible();
  });

  it("says of a cached response that it is one, and when it was sent", async () => {
    await openPage(signedIn({ connection: "offline" }), reads(["buy a car"], NOW - 5 * DAY));
    await eventually(() => {
      expect(notes()).toEqual(["buy a car"]);
    });
    expect(text()).toContain("As of 18 November. The server cannot be reached.");
    expect(text()).toContain("Adding needs the server");
    await expectAccessible();
  });

  it("reads again when the server returns, and not at every other change", async () => {
    const { calls, send } = await openPage(signedIn({ connection: "offline" }), reads([]));
    await eventually(() => {
      expect(text()).toContain("There are no notes yet.");
    });
    send(signedIn({ connection: "offline" }));
    send(signedIn({ connection: "online" }));
    await eventually(() => {
      expect(named(calls, "get_cached")).toHaveLength(2);
    });
    expect(text()).not.toContain("Adding needs the server");
  });

  it.each([
    ["the plugin fails", fails("server-unreachable"), "The server cannot be reached."],
    ["the server refuses", () => response(403), "Something went wrong."],
    ["the response is not JSON", () => response(200, "<html>"), "Something went wrong."],
  ])("says so when %s", async (_, get_cached, sentence) => {
    await openPage(signedIn(), { get_cached });
    await eventually(() => {
      expect(text()).toContain(sentence);
    });
  });

  it("ends with the session", async () => {
    const { send } = await openPage(signedIn(), reads(["buy a car"]));
    send(signedOut);
    expect(page().textContent).not.toContain("buy a car");
  });
});

describe("adding", () => {
  it("sends the note, reads the list again, says so, and is ready for the next one", async () => {
    const { calls } = await openPage(signedIn(), server(["buy a car"]));
    add("wash it");
    await eventually(() => {
      expect(notes()).toEqual(["wash it", "buy a car"]);
    });
    expect(named(calls, "send")[0]?.[1]).toMatchObject({
      method: "POST",
      path: "/api/notes",
      body: { text: "wash it" },
    });
    expect(find('[data-testid="note-added"]').textContent).toBe("Added.");
    expect(field("note").value).toBe("");
    expect(document.activeElement).toBe(field("note"));
    add("sell it");
    await eventually(() => {
      expect(notes()).toEqual(["sell it", "wash it", "buy a car"]);
    });
  });

  it("sends once however often the button is pressed, and locks the field meanwhile", async () => {
    let respond: (value: unknown) => void = () => undefined;
    const wait = () => new Promise((resolve) => (respond = resolve));
    const { calls } = await openPage(signedIn(), server([], wait));
    add("wash it");
    press("add-note");
    expect(field("note").readOnly).toBe(true);
    expect(find('[data-action="add-note"]').textContent).toBe("Adding…");
    await eventually(() => {
      expect(named(calls, "send")).toHaveLength(1);
    });
    respond(response(201));
    await eventually(() => {
      expect(field("note").readOnly).toBe(false);
    });
    expect(named(calls, "send")).toHaveLength(1);
  });

  it("refuses an empty note beside the field", async () => {
    const { calls } = await openPage(signedIn(), server([]));
    add("  ");
    expect(alert()).toBe("Type a note first.");
    expect(field("note").getAttribute("aria-invalid")).toBe("true");
    expect(document.activeElement).toBe(field("note"));
    expect(named(calls, "send")).toEqual([]);
    await expectAccessible();
  });

  it.each<[string, Answer, string]>([
    ["does not respond", fails("server-unreachable"), "check whether it is in the list"],
    ["is busy", fails("server-unavailable"), "The server cannot answer just now."],
    ["finds it too long", () => response(422), "That note is too long."],
    ["gets too much", fails("body-too-large"), "Make it shorter."],
    ["refuses it", () => response(403), "did not accept the note (status 403)"],
    ["fails in a new way", () => Promise.reject(new Error("what?")), "Something went wrong"],
  ])("keeps what was typed when the server %s", async (_, send, sentence) => {
    const { calls } = await openPage(signedIn(), server(["buy a car"], send));
    add("wash it");
    await eventually(() => {
      expect(alert()).toContain(sentence);
    });
    expect(field("note").value).toBe("wash it");
    expect(document.activeElement).toBe(field("note"));
    expect(find('[data-testid="note-added"]').textContent).toBe("");
    expect(named(calls, "send")).toHaveLength(1);
    await expectAccessible();
  });

  it("keeps what was typed while the session is held, for the same sign-in only", async () => {
    const { send } = await openPage(signedIn(), server([]));
    field("note").value = "wash";
    send(held);
    expect(page().querySelector('input[name="note"]')).toBeNull();
    send(signedIn());
    expect(field("note").value).toBe("wash");
    send(signedOut);
    send(signedIn({ account: { ...signedIn().account, signedInAt: NOW + 60 } }));
    expect(field("note").value).toBe("");
  });
});

describe("deleting", () => {
  const REQUIRED = { code: "confirmation-required", needs: ["password"], message: "" };

  /** A server with a note, whose route wants a confirmation. */
  function guarded() {
    const list = ["buy a car"];
    let confirmed = false;
    return {
      get_cached: () => response(200, { notes: list }),
      send: () => {
        if (!confirmed) return Promise.reject(REQUIRED as unknown as Error);
        list.length = 0;
        return response(204);
      },
      confirm: (({ password }) => {
        if (password !== "autobots rule") return fails("wrong-credentials")();
        confirmed = true;
        return null;
      }) as Answer,
    };
  }

  function confirm(password: string) {
    field("password").value = password;
    press("confirm");
  }

  it("asks for the password in place, again after a wrong one, and deletes", async () => {
    const { calls } = await openPage(signedIn(), guarded());
    await eventually(() => expect(notes()).toEqual(["buy a car"]));
    press("delete-notes");
    await eventually(() => expect(document.activeElement).toBe(field("password")));
    await expectAccessible();
    confirm("decepticons rule");
    await eventually(() => expect(text()).toContain("The username or the password is wrong."));
    confirm("autobots rule");
    await eventually(() => expect(text()).toContain("There are no notes yet."));
    expect(named(calls, "send")).toHaveLength(2);
  });

  it("leaves the notes when the user gives up", async () => {
    const { calls } = await openPage(signedIn(), guarded());
    await eventually(() => expect(notes()).toEqual(["buy a car"]));
    press("delete-notes");
    await eventually(() => expect(field("password")).toBeTruthy());
    press("cancel");
    await eventually(() => expect(page().querySelector("[data-testid=confirmation]")).toBeNull());
    expect([notes(), alert(), named(calls, "send").length]).toEqual([["buy a car"], "", 1]);
  });
});
