// Owns what Escape, Alt+Left and the mouse's back button do. The latest handler runs first, so an
// open question closes before its screen.
const handlers: (() => void)[] = [];

/** Adds a handler, and returns the function that removes it. */
export function onBack(go: () => void): () => void {
  handlers.push(go);
  return () => {
    const at = handlers.lastIndexOf(go);
    if (at >= 0) handlers.splice(at, 1);
  };
}

/** Runs the latest handler. Returns whether there is one. */
export function goBack(): boolean {
  const go = handlers.at(-1);
  go?.();
  return go !== undefined;
}
