// The devices of somebody else's account, and what happened to it.
import { describe, expect, it } from "vitest";

import { peopleEn as said } from "../src/people/words-en";
import { json, laptop, problem, signedInEvent } from "./people-server";
import { openPerson } from "./people-window";
import { DAY, NOW } from "./views";
import { button, has, part, settled } from "./window";

describe("the devices of an account", () => {
  const two = [
    laptop,
    { ...laptop, sid: `${laptop.sid.slice(0, -1)}b`, device_name: null, platform: "windows" },
  ];

  async function openSessions(routes: Parameters<typeof openPerson>[0] = {}) {
    let left = two;
    const opened = await openPerson({
      "GET /ID/sessions": () => json({ sessions: left }),
      "DELETE /ID/sessions/SID": () => {
        left = left.slice(1);
        return { status: 204, headers: [], body: { text: "" } };
      },
      "DELETE /ID/sessions": () => {
        left = [];
        return { status: 204, headers: [], body: { text: "" } };
      },
      ...routes,
    });
    await opened.user.click(button("load-sessions"));
    await settled();
    return opened;
  }
  const devices = () => part("person-sessions").querySelectorAll("li");

  it("are shown with name, system and address", async () => {
    await openSessions();
    expect(devices()).toHaveLength(2);
    expect(devices()[0]).toHaveTextContent("mikaelas-laptop");
    expect(devices()[0]).toHaveTextContent("From 192.0.2.44");
    expect(devices()[1]).toHaveTextContent("Windows");
    expect(button("end-session")).toHaveAccessibleName("Sign out mikaelas-laptop");
  });

  it("are ended one by one", async () => {
    const { user } = await openSessions();
    await user.click(button("end-session"));
    await user.click(button("confirm-end-session"));
    await settled();
    expect(devices()).toHaveLength(1);
    expect(part("people-status")).toHaveTextContent(said.sessions.ended);
    expect(part("person-sessions")).toHaveTextContent("1 device");
  });

  it("are ended all at once, also without having been looked at", async () => {
    const { asked, user } = await openPerson({
      "DELETE /ID/sessions": () => ({ status: 204, headers: [], body: { text: "" } }),
      "GET /ID/sessions": () => json({ sessions: [] }),
    });
    await user.click(button("end-sessions"));
    await user.click(button("confirm-end-sessions"));
    await settled();
    expect(asked.some(({ method, path }) => method === "DELETE" && path.endsWith("/sessions"))).toBe(true);
    expect(part("people-status")).toHaveTextContent(said.sessions.allEnded);
    expect(part("person-sessions")).toHaveTextContent(said.sessions.none);
    expect(has('[data-action="end-sessions"]')).toBe(false);
  });

  it("stay in the list when ending fails", async () => {
    const { user } = await openSessions({ "DELETE /ID/sessions/SID": () => problem(403, "not_allowed") });
    await user.click(button("end-session"));
    await user.click(button("confirm-end-session"));
    await settled();
    expect(devices()).toHaveLength(2);
    expect(part("people-alert")).not.toBeEmptyDOMElement();
  });
});

describe("what happened", () => {
  const event = (change: object) => ({ ...signedInEvent, ...change });

  it("is shown with who did it, and goes on", async () => {
    const { asked, user } = await openPerson({
      "GET /ID/audit": ({ query }) =>
        json(
          query.get("before") === "older"
            ? {
                events: [event({ id: "3", event: "brand_new_event", actor: { kind: "server" } })],
                next: null,
              }
            : {
                events: [
                  event({
                    id: "1",
                    event: "code_made",
                    actor: { kind: "admin", username: "Ladiesman217" },
                    detail: "password",
                  }),
                  event({ id: "2", event: "role_granted", actor: { kind: "operator" }, at: NOW - 30 * DAY }),
                  signedInEvent,
                ],
                next: "older",
              },
        ),
    });
    await user.click(button("load-events"));
    await settled();
    const list = () => Array.from(part("person-events").querySelectorAll("li"), (item) => item.textContent);
    expect(list()).toHaveLength(3);
    expect(list()[0]).toContain("Code made");
    expect(list()[0]).toContain("by Ladiesman217");
    expect(list()[1]).toContain("by an operator of the server");
    expect(list()[2]).toContain("Signed in");
    expect(list()[2]).toContain("From 192.0.2.44");
    expect(list()[2]).not.toContain("by ");
    await user.click(button("load-events"));
    await settled();
    expect(asked.at(-1)?.query.get("before")).toBe("older");
    expect(list()[3]).toContain("brand new event");
    expect(has('[data-action="load-events"]')).toBe(false);
  });

  it("can be nothing", async () => {
    const { user } = await openPerson({ "GET /ID/audit": () => json({ events: [], next: null }) });
    await user.click(button("load-events"));
    await settled();
    expect(part("person-events")).toHaveTextContent(said.events.none);
  });
});
