// The session that the backend has sent with the page, so that the first view waits for no answer.
import type { SessionView } from "tauri-plugin-latchkey-api";

/** Takes it out of the page. Undefined if the session was not open yet when the page was sent. */
export function takeFirstView(): SessionView | undefined {
  const element = document.querySelector<HTMLMetaElement>('meta[name="latchkey-session"]');
  element?.remove();
  return element ? (JSON.parse(element.content) as SessionView) : undefined;
}
