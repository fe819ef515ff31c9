// A wait is shown only once it is one: a quick answer must not make the window flicker.
export const WAIT_SHOWN_AFTER_MS = 200;

/** `now` turns true when `waiting` has been true for a while, and false as soon as it ends. */
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
