// The operating systems: the one that the window runs on, and the names of other devices' systems.
import { inert } from "./name";

/** A family of systems whose words and keys differ. */
export type System = "linux" | "macos" | "windows";

/** The system of this window, as its web view reports it. */
export function ownSystem(): System {
  const { platform } = navigator;
  if (platform.startsWith("Mac")) return "macos";
  // WebView2 says "Win32" on 64-bit systems too. Other systems have what desktops on Linux have.
  return platform.startsWith("Win") ? "windows" : "linux";
}

// By the names that people know. The backend names them as Rust does.
const NAMES = new Map([
  ["linux", "Linux"],
  ["macos", "macOS"],
  ["windows", "Windows"],
  ["freebsd", "FreeBSD"],
  ["android", "Android"],
  ["ios", "iOS"],
]);

export const platformName = (platform: string | null) => NAMES.get(platform ?? "") ?? inert(platform ?? "");
