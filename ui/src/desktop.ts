// The habits of a desktop, for every screen: the keys and buttons that close, zoom and lead back. Takes away what a browser
// has and an app has not: reloading, and the menu that offers it.
import { goBack } from "./back";
import * as ipc from "./ipc";
import type { ZoomStep } from "./ipc";

/** So much turning of the wheel is one step, in pixels: less than one notch of any mouse. */
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

const onMac = () => navigator.platform.startsWith("Mac");

/** The letter of a key, also where the keyboard writes none of ours. */
function letterOf({ key, code }: KeyboardEvent): string {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return key.length === 1 && code.startsWith("Key") ? code.slice(3).toLowerCase() : "";
}

/** What a key does here, or undefined. */
function habitOf(event: KeyboardEvent): (() => unknown) | undefined {
  const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
  const command = onMac() ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  if (key === "F5") return () => undefined;
  if (key === "BrowserBack") return goBack;
  if (key === "Escape") return altKey || ctrlKey || metaKey || shiftKey ? undefined : goBack;
  if (key === "ArrowLeft" && altKey && !ctrlKey && !metaKey && !shiftKey && !onMac()) return goBack;
  // AltGr comes as Ctrl and Alt, and writes characters.
  if (!command || altKey) return undefined;
  const step = ZOOM_KEYS.get(key);
  if (step) return () => ipc.zoom(step);
  const letter = letterOf(event);
  if (letter === "r") return () => undefined;
  if (key === "[" && onMac()) return goBack;
  // macOS closes its windows by itself.
  if ((letter === "w" || letter === "q") && !shiftKey && !onMac()) return ipc.closeWindow;
  return undefined;
}

function onKeyDown(event: KeyboardEvent) {
  // Autofill sends key events that are none; and while a character is composed, the keys are the input method's.
  if (typeof event.key !== "string" || event.isComposing || event.defaultPrevented) return;
  const habit = habitOf(event);
  if (habit && habit() !== false) event.preventDefault();
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

/** The web view's menu stays where it has something to cut, copy or paste. */
function onContextMenu(event: MouseEvent) {
  const target = event.target instanceof Element ? event.target : null;
  const selection = getSelection();
  const marked = selection !== null && !selection.isCollapsed ? selection.getRangeAt(0) : null;
  const onMarked = target !== null && marked?.intersectsNode(target);
  if (!target?.closest(TEXT_FIELDS) && !onMarked) event.preventDefault();
}

/** Takes the habits up. A second time changes nothing. */
export function behaveAsOnADesktop(): void {
  addEventListener("keydown", onKeyDown);
  addEventListener("mousedown", onMouseButton);
  addEventListener("mouseup", onMouseButton);
  addEventListener("wheel", onWheel, { passive: false });
  addEventListener("contextmenu", onContextMenu);
}
