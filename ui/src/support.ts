// What a person hands to support: what "This device" shows and how the session stands. Nobody's name, nothing secret.
// Written in English whatever the window speaks, for it is read by those who run the server.
import type { SessionView } from "./bindings/SessionView";

export function supportText(view: SessionView, language: string, system: string, now: number): string {
  const { device } = view;
  const lines: [string, string | null][] = [
    ["Latchkey", device.version],
    ["State", view.state === "signed-in" ? `signed-in, ${view.connection}` : `${view.state}, ${view.reason}`],
    ["Cause", (view.state === "held" && view.cause) || null],
    ["Server", device.server],
    ["Device id", device.id],
    ["Device id from", device.idSource],
    ["Key fingerprint", device.keyFingerprint],
    ["Key kept in", device.keyPlace],
    ["Language", language],
    ["Web view", system],
    ["Unix time", String(now)],
  ];
  return lines.map(([name, value]) => `${name}: ${value ?? "none"}`).join("\n");
}
