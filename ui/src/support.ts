// The text for support: what "This device" shows, the state of the session, and the last failure.
// No name, no secret. Always in English, because the people who run the server read it.
import type { SessionView } from "tauri-plugin-latchkey-api";

import type { LastFailure } from "./outcome";

export function supportText(
  view: SessionView,
  language: string,
  system: string,
  now: number,
  last: LastFailure | null,
): string {
  const { device } = view;
  const storage = view.state === "signed-in" ? view.lease.cause : null;
  const lines: [string, string | null | undefined][] = [
    ["Latchkey", device.version],
    ["State", view.state === "signed-in" ? `signed-in, ${view.connection}` : `${view.state}, ${view.reason}`],
    ["Cause", (view.state === "held" && view.cause) || null],
    ["Server", device.server],
    ["Device id", device.id],
    ["Device id from", device.idSource],
    ["Key fingerprint", device.keyFingerprint],
    ["Key kept in", device.keyPlace],
    ["Key shared with", device.sharedWith > 0 ? `${String(device.sharedWith)} other devices` : null],
    ["Storage", storage],
    ["Language", language],
    ["Web view", system],
    ["Unix time", String(now)],
    ["Last failure", last && `${last.command}: ${last.code}${last.cause ? `, ${last.cause}` : ""}`],
    ["Last failure at", last && String(last.at)],
  ];
  return lines.map(([name, value]) => `${name}: ${value ?? "none"}`).join("\n");
}
