import { describe, expect, it } from "vitest";

import { DAY, NOW, desk, here, old, signedIn, signedOut } from "./views";
import { ANY_ID, button, fails, has, later, openWindow, part, root, type Answers } from "./window";

const rows = () => [...part("devices").querySelectorAll("li")];
const three = () => [old, desk, here];

async function openDevices(answers: Answers) {
  const opened = await openWindow(signedIn(), answers);
  await opened.user.click(button("open-devices"));
  return opened;
}

describe("the devices", () => {
  it("start with this one, marked, and continue by the last contact", async () => {
    await openDevices({ sessions: three });
    expect(rows().map((row) => row.querySelector("bdi")?.textContent)).toEqual([
      "sams-laptop",
      "desk",
      "A device without a name",
    ]);
    expect(rows()[0]).toHaveAttribute("aria-current", "true");
    expect(rows()[0]).toHaveTextContent("This device");
    expect(rows()[0]?.querySelector("button")).toBeNull();
    expect(rows()[1]).toHaveTextContent("Last seen 3 days ago");
    expect(document.querySelector("h1")).toHaveFocus();
  });

  it("say that there is no other", async () => {
    await openDevices({ sessions: () => [here] });
    expect(root()).toHaveTextContent("You are signed in on this device only.");
    expect(has('[data-action="end-others"]')).toBe(false);
  });

  it("show hostile names as text", async () => {
    await openDevices({ sessions: () => [here, { ...desk, deviceName: "<img src=x>\u202etxt" }] });
    expect(rows()[1]).toHaveTextContent("<img src=x>txt");
    expect(has("img")).toBe(false);
  });

  it("focus the button that opened them when they close", async () => {
    const { user } = await openDevices({ sessions: three });
    await user.click(button("back"));
    expect(button("open-devices")).toHaveFocus();
  });

  it("show that they are loading only when it takes a while", async () => {
    const wait = later();
    await openDevices({ sessions: wait.answer });
    expect(part("skeleton")).toBeEmptyDOMElement();
    await expect.poll(() => part("skeleton").textContent).toContain("Loading the devices…");
    wait.arrive(three());
    await expect.poll(() => has('[data-testid="devices"]')).toBe(true);
    expect(has('[data-testid="skeleton"]')).toBe(false);
  });

  it("report being offline as a status, and load when asked again", async () => {
    let answer = fails("server-unreachable");
    const { user } = await openDevices({ sessions: (args) => answer(args) });
    expect(part("devices-status")).toHaveTextContent("only while you are online");
    expect(part("devices-alert")).toBeEmptyDOMElement();
    answer = three;
    await user.click(button("load-devices"));
    expect(rows()).toHaveLength(3);
  });

  it("report any other failure as an alert", async () => {
    await openDevices({ sessions: fails("server-refused") });
    expect(part("devices-alert")).toHaveTextContent("The server did not accept the request.");
  });

  it("are replaced by the form when the session is over", async () => {
    let view = signedIn() as ReturnType<typeof signedOut>;
    const { user } = await openWindow(view, {
      session: () => view,
      sessions: (args) => {
        view = signedOut("revoked");
        return fails("session-over")(args);
      },
    });
    await user.click(button("open-devices"));
    expect(root()).toHaveAttribute("data-reason", "revoked");
  });
});

describe("ending a session", () => {
  it("asks first, with the focus on Cancel", async () => {
    const { calls, user } = await openDevices({ sessions: three });
    expect(button("end")).toHaveAccessibleName("Sign out desk");
    await user.click(button("end"));
    expect(button("cancel")).toHaveFocus();
    await user.keyboard("{Escape}");
    expect(button("end")).toHaveFocus();
    expect(calls.map(([name]) => name)).not.toContain("end_session");
  });

  it("ends that one, says so, and focuses the heading", async () => {
    const { calls, user } = await openDevices({ sessions: three, end_session: () => [here, old] });
    await user.click(button("end"));
    await user.click(button("confirm-end"));
    expect(calls).toContainEqual(["end_session", { sid: "desk", requestId: ANY_ID }]);
    expect(rows()).toHaveLength(2);
    expect(part("devices-status")).toHaveTextContent("The device has been signed out.");
    expect(document.querySelector("h1")).toHaveFocus();
  });

  it("ends all others after a question", async () => {
    const { user } = await openDevices({ sessions: three, end_other_sessions: () => [here] });
    await user.click(button("end-others"));
    await user.click(button("confirm-end-others"));
    expect(rows()).toHaveLength(1);
    expect(part("devices-status")).toHaveTextContent("All other devices have been signed out.");
  });

  it("shows the list unchanged when it fails", async () => {
    const { user } = await openDevices({ sessions: three, end_session: fails("server-unavailable") });
    await user.click(button("end"));
    await user.click(button("confirm-end"));
    expect(rows()).toHaveLength(3);
    expect(part("devices-alert")).not.toBeEmptyDOMElement();
  });
});

describe("earlier sessions of this computer", () => {
  const earlier = {
    ...desk,
    sid: "wiped",
    sameDevice: true,
    deviceName: "sams-laptop",
    signedInAt: NOW - 6 * DAY,
  };
  const later = { ...earlier, sid: "later", signedInAt: NOW - 4 * DAY };

  it("are marked and shown; one that is newer than this session is a device like any other", async () => {
    await openDevices({ sessions: () => [here, earlier, later, desk] });
    expect(rows()).toHaveLength(4);
    expect(rows().filter((row) => row.textContent.includes("This computer, earlier"))).toHaveLength(1);
  });

  it("are not offered to be ended when every other session is newer", async () => {
    await openDevices({ sessions: () => [here, later] });
    expect(has('[data-action="end-earlier"]')).toBe(false);
  });

  it("are ended by one button, which ends no other session", async () => {
    const second = { ...earlier, sid: "wiped-before" };
    const { calls, user } = await openDevices({
      sessions: () => [here, earlier, second, later, desk],
      end_session: (args) =>
        (args as { sid: string }).sid === "wiped" ? [here, second, later, desk] : [here, later, desk],
    });
    await user.click(button("end-earlier"));
    expect(root()).toHaveTextContent("Sign out the 2 sessions marked");
    await user.click(button("confirm-end-earlier"));
    expect(calls.filter(([name]) => name === "end_session").map(([, args]) => args)).toEqual([
      { sid: "wiped", requestId: ANY_ID },
      { sid: "wiped-before", requestId: ANY_ID },
    ]);
    expect(calls.map(([name]) => name)).not.toContain("end_other_sessions");
    expect(rows()).toHaveLength(3);
    expect(part("devices-status")).toHaveTextContent(
      "The earlier sessions of this computer have been signed out.",
    );
    expect(has('[data-action="end-earlier"]')).toBe(false);
  });

  it("stay in the list from the first that cannot be ended", async () => {
    const second = { ...earlier, sid: "wiped-before" };
    let asked = 0;
    const { user } = await openDevices({
      sessions: () => [here, earlier, second],
      end_session: (args) => (asked++ === 0 ? [here, second] : fails("server-unavailable")(args)),
    });
    await user.click(button("end-earlier"));
    await user.click(button("confirm-end-earlier"));
    expect(rows()).toHaveLength(2);
    expect(part("devices-alert")).not.toBeEmptyDOMElement();
  });
});
