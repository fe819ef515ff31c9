// What will end soon, and signing in again over what the user is doing.
import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { DAY, NOW, plain, signedIn, signedOut, waiting, withFactor } from "./views";
import {
  ANY_ID,
  button,
  fails,
  field,
  has,
  openWindow,
  part,
  root,
  sessionChanged,
  settled,
  type Answers,
} from "./window";

const absolute = { kind: "absolute", endsAt: NOW + 6 * DAY, within: 7 * DAY } as const;
const lease = { kind: "lease", endsAt: NOW + 3600, within: 7200 } as const;

const bar = (kind: string) => document.querySelector(`[data-warning="${kind}"]`);
const dialog = () => document.querySelector('dialog[data-dialog="sign-in"]');

describe("a session that ends soon", () => {
  it.each([
    [absolute, "Your session ends on 29 November."],
    [lease, "you can carry on until 23 November at 13:00"],
  ])("is said with the time and a way: %j", async (warning, sentence) => {
    await openWindow(signedIn({ warning, connection: warning.kind === "lease" ? "offline" : "online" }));
    expect(bar(warning.kind)).toHaveTextContent(sentence);
    expect(button("sign-in-again")).toHaveTextContent("Sign in again now");
  });

  it("is not said any more once it does not", async () => {
    await openWindow(signedIn({ warning: absolute }));
    await sessionChanged(signedIn());
    expect(bar("absolute")).toBeNull();
  });
});

describe("news for the desktop", () => {
  async function told(change: () => Promise<void>) {
    const { calls } = await openWindow(signedIn(), { notify: () => null, notices: () => [] });
    await change();
    await settled();
    return calls.filter(([name]) => name === "notify").map(([, args]) => (args as { text: string }).text);
  }

  it("are a warning's steps, each once", async () => {
    const texts = await told(async () => {
      for (const within of [7 * DAY, 7 * DAY, DAY])
        await sessionChanged(signedIn({ warning: { ...absolute, within } }));
    });
    expect(texts).toEqual([words.notifications.ends, words.notifications.ends]);
  });

  it("are new notices, and name nobody", async () => {
    const texts = await told(async () => {
      for (const notices of [1, 1, 0, 2]) await sessionChanged(signedIn({ notices }));
    });
    expect(texts).toEqual([words.notifications.used, words.notifications.used]);
    expect(texts.join()).not.toMatch(/Sam|Ladiesman|192\.0/);
  });

  it("are switched on and off by a check box", async () => {
    const { calls, user } = await openWindow(signedIn(), { show_notifications: () => null });
    await settled();
    expect(field("notifications")).toBeChecked();
    await user.click(field("notifications"));
    expect(calls).toContainEqual(["show_notifications", { shown: false }]);
  });
});

describe("a factor that will be required", () => {
  it.each([
    [NOW + 3 * DAY, "From 26 November your account needs two-step sign-in."],
    [NOW - DAY, "Your account needs two-step sign-in."],
    [null, "Your account needs two-step sign-in."],
  ])("is said from %j, and leads to its screen", async (requiredFrom, sentence) => {
    const details = { ...plain, factor: { ...plain.factor, required: true, requiredFrom } };
    const { user } = await openWindow(signedIn(), { account: () => details });
    await settled();
    expect(bar("factor")).toHaveTextContent(sentence);
    await user.click(button("set-up-factor"));
    expect(root()).toHaveAttribute("data-screen", "factor");
    expect(bar("factor")).toBeNull();
  });

  it.each([plain, withFactor({ required: true, requiredFrom: NOW })])(
    "is not said without need",
    async (details) => {
      await openWindow(signedIn(), { account: () => details });
      await settled();
      expect(bar("factor")).toBeNull();
    },
  );
});

describe("Sign in again now", () => {
  async function openAgain(answers: Answers) {
    const opened = await openWindow(signedIn({ warning: absolute }), answers);
    await opened.user.click(button("open-password"));
    await opened.user.type(field("new-password"), "half a password");
    await opened.user.click(button("sign-in-again"));
    return opened;
  }

  it("asks for the password only, over what the user is doing", async () => {
    await openAgain({});
    expect(dialog()).toHaveAttribute("open");
    expect(root()).toHaveAttribute("data-screen", "sign-in");
    expect(root()).toHaveAttribute("data-state", "signed-in");
    expect(field("username")).toHaveValue("Ladiesman217");
    expect(field("username")).toHaveAttribute("readonly");
    expect(field("password")).toHaveFocus();
    expect(field("new-password")).toHaveValue("half a password");
  });

  it("replaces the session, and keeps what was being done", async () => {
    const { calls, user } = await openAgain({ sign_in: () => signedIn() });
    await user.type(field("password"), "autobots rule{Enter}");
    await settled();
    expect(calls).toContainEqual([
      "sign_in",
      { username: "Ladiesman217", password: "autobots rule", requestId: ANY_ID },
    ]);
    expect(dialog()).toBeNull();
    expect(bar("absolute")).toBeNull();
    expect(root()).toHaveAttribute("data-screen", "change-password");
    expect(field("new-password")).toHaveValue("half a password");
  });

  it("asks for the second step in the same place", async () => {
    let view = signedIn({ warning: absolute }) as ReturnType<typeof signedOut>;
    const { user } = await openAgain({
      session: () => view,
      sign_in: (args) => {
        view = waiting(view, "second-factor");
        return fails("second-factor-required")(args);
      },
      second_factor: () => signedIn(),
    });
    await user.type(field("password"), "autobots rule{Enter}");
    await settled();
    expect(root()).toHaveAttribute("data-screen", "second-factor");
    expect(dialog()).toHaveAccessibleName(words.secondFactor.heading);
    expect(field("code")).toHaveFocus();
    await user.keyboard("123456{Enter}");
    await settled();
    expect(dialog()).toBeNull();
    expect(field("new-password")).toHaveValue("half a password");
  });

  it("shows a failure in the dialog", async () => {
    const { user } = await openAgain({ sign_in: fails("wrong-credentials") });
    await user.type(field("password"), "wrong{Enter}");
    expect(dialog()?.querySelector("#alert")).toHaveTextContent(words.failures["wrong-credentials"]);
    expect(field("password")).toHaveFocus();
    expect(document.querySelectorAll("#alert")).toHaveLength(1);
  });

  it.each(["cancel", "{Escape}"])("is given up by %s, and nothing has changed", async (way) => {
    const { calls, user } = await openAgain({});
    await (way === "cancel" ? user.click(button("cancel")) : user.keyboard(way));
    expect(dialog()).toBeNull();
    expect(root()).toHaveAttribute("data-screen", "change-password");
    expect(field("new-password")).toHaveValue("half a password");
    expect(button("sign-in-again")).toHaveFocus();
    expect(calls.map(([name]) => name)).not.toContain("sign_in");
  });

  it("closes with the session", async () => {
    await openAgain({});
    await sessionChanged(signedOut("session-ended"));
    expect(dialog()).toBeNull();
    expect(field("username")).toHaveValue("Ladiesman217");
    expect(has('[data-warning="absolute"]')).toBe(false);
    expect(part("status")).toHaveTextContent(words.signedOut["session-ended"]);
  });
});
