// Keys and buttons of a desktop app, on every screen: close, zoom and back. Disables what belongs
// to a browser: reloading, printing, searching, and the menu that offers them.
import { goBack } from "./back";
import * as ipc from "./ipc";
import type { ZoomStep } from "./ipc";
import { ownSystem, type System } from "./platform";

/** How far the wheel turns for one step, in pixels: less than one notch of any mouse. */
const WHEEL_STEP = 40;

const MOUSE_BACK = 3;
const MOUSE_FORWARD = 4;

const ZOOM_KEYS = new Map<string, ZoomStep>([
  ["+", "in"],
  ["=", "in"],
  ["-", "out"],
  ["_", "out"],
  ["0", "reset"],
]);

/** Keys by which a web view reloads, searches, turns the caret on, or follows its history. */
const BROWSER_KEYS = new Set(["F3", "F5", "F7", "BrowserRefresh", "BrowserForward", "BrowserSearch"]);

/**
 * Letters that do the same with Ctrl: reload and print; with WebView2 also find, find again, save,
 * source and open. Elsewhere those move the caret, with a key theme like Emacs.
 */
const BROWSER_LETTERS: Record<System, string> = { linux: "rp", macos: "rp", windows: "rpfgsuo" };

const onMac = () => ownSystem() === "macos";

/** The Latin letter of a key, also on keyboards with other letters. */
function letterOf({ key, code }: KeyboardEvent): string {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return key.length === 1 && code.startsWith("Key") ? code.slice(3).toLowerCase() : "";
}

/** The action of a key, or undefined. */
function actionOf(event: KeyboardEvent): (() => unknown) | undefined {
  const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
  const command = onMac() ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  if (BROWSER_KEYS.has(key)) return () => undefined;
  if (key === "BrowserBack") return goBack;
  if (key === "Escape") return altKey || ctrlKey || metaKey || shiftKey ? undefined : goBack;
  if (key === "ArrowLeft" && altKey && !ctrlKey && !metaKey && !shiftKey && !onMac()) return goBack;
  // AltGr arrives as Ctrl and Alt, and types characters.
  if (!command || altKey) return undefined;
  const step = ZOOM_KEYS.get(key);
  if (step) return () => ipc.zoom(step);
  const letter = letterOf(event);
  if (letter && BROWSER_LETTERS[ownSystem()].includes(letter)) return () => undefined;
  if (key === "[" && onMac()) return goBack;
  // macOS closes its windows by itself.
  if ((letter === "w" || letter === "q") && !shiftKey && !onMac()) return ipc.closeWindow;
  return undefined;
}

function onKeyDown(event: KeyboardEvent) {
  // Autofill sends key events without a key. While a character is composed, the keys belong to the
  // input method.
  if (typeof event.key !== "string" || event.isComposing || event.defaultPrevented) return;
  const action = actionOf(event);
  if (action && action() !== false) event.preventDefault();
}

function onMouseButton(event: MouseEvent) {
  if (event.button !== MOUSE_BACK && event.button !== MOUSE_FORWARD) return;
  event.preventDefault();
  if (event.type === "mouseup" && event.button === MOUSE_BACK) goBack();
}

let turned = 0;

function onWheel(event: WheelEvent) {
  if (!(onMac() ? event.metaKey : event.ctrlKey)) return;
  event.preventDefault();
  turned = Math.sign(turned) === Math.sign(event.deltaY) ? turned + event.deltaY : event.deltaY;
  if (Math.abs(turned) < WHEEL_STEP) return;
  void ipc.zoom(turned < 0 ? "in" : "out");
  turned = 0;
}

const TEXT_FIELDS =
  "textarea, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])";

/** Allows the web view's menu only where there is text to cut, copy or paste. */
function onContextMenu(event: MouseEvent) {
  const target = event.target instanceof Element ? event.target : null;
  const selection = getSelection();
  const marked = selection !== null && !selection.isCollapsed ? selection.getRangeAt(0) : null;
  const onMarked = target !== null && marked?.intersectsNode(target);
  if (!target?.closest(TEXT_FIELDS) && !onMarked) event.preventDefault();
}

/** Installs the handlers. A second call changes nothing. */
export function installDesktopKeys(): void {
  addEventListener("keydown", onKeyDown);
  addEventListener("mousedown", onMouseButton);
  addEventListener("mouseup", onMouseButton);
  addEventListener("wheel", onWheel, { passive: false });
  addEventListener("contextmenu", onContextMenu);
}
