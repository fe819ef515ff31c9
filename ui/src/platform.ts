// The operating systems by the names that people know. The backend names them as Rust does.
import { inert } from "./name";

const NAMES = new Map([
  ["linux", "Linux"],
  ["macos", "macOS"],
  ["windows", "Windows"],
  ["freebsd", "FreeBSD"],
  ["android", "Android"],
  ["ios", "iOS"],
]);

export const platformName = (platform: string | null) => NAMES.get(platform ?? "") ?? inert(platform ?? "");
