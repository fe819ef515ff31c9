// A wait is shown only after a delay, so that a quick response does not make the window flicker.
export const WAIT_SHOWN_AFTER_MS = 200;

/** `now` becomes true when `waiting` has been true for that long, and false when it ends. */
export function shownAfterAWhile(waiting: () => boolean): { readonly now: boolean } {
  let shown = $state(false);
  $effect(() => {
    if (!waiting()) return;
    const timer = setTimeout(() => (shown = true), WAIT_SHOWN_AFTER_MS);
    return () => {
      clearTimeout(timer);
      shown = false;
    };
  });
  return {
    get now() {
      return shown;
    },
  };
}
