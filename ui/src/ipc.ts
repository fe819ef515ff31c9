// The commands of this app itself; the session's are the plugin's. A failure of one of them is
// ignored: the user has lost nothing, and cannot help.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

export type ZoomStep = "in" | "out" | "reset";

async function command(name: string, args?: Record<string, unknown>): Promise<void> {
  await invoke(name, args).catch(() => undefined);
}

/** Closes the window as its close button does. */
export const closeWindow = () => command("close_window");

/** Zooms the window by one step, or back to the first size. The backend stores the zoom. */
export const zoom = (step: ZoomStep) => command("zoom", { step });

/**
 * Reports to the backend that the page responds: now, and whenever it asks. A page that does not is
 * loaded again.
 */
export async function reportAlive(): Promise<void> {
  const report = () => command("page_alive");
  await report();
  // A page that cannot receive the question is loaded again, which repairs it.
  await listen("page-check", () => void report()).catch(() => undefined);
}

/**
 * Asks the user where to save a text, and saves it for them alone. Returns the file's path, null if
 * they chose none, undefined if it could not be saved.
 */
export async function saveRecoveryCodes(text: string): Promise<string | null | undefined> {
  return invoke<string | null>("save_recovery_codes", { text }).catch(() => undefined);
}

/** Whether the desktop shows notifications of this app. */
export async function notificationsShown(): Promise<boolean> {
  return invoke<boolean>("notifications_shown").catch(() => false);
}

/** Switches the notifications on or off. The backend stores it. */
export const showNotifications = (shown: boolean) => command("show_notifications", { shown });

/** Shows a notification, unless the window is in front or they are switched off. */
export const notify = (text: string) => command("notify", { text });
