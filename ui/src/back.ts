// Owns the ways back: what Escape, Alt+Left and the mouse's back button do. The newest way is taken first, so an open question
// is closed before its screen is left.
const ways: (() => void)[] = [];

/** Offers a way back until the returned function is called. */
export function onBack(go: () => void): () => void {
  ways.push(go);
  return () => {
    const at = ways.lastIndexOf(go);
    if (at >= 0) ways.splice(at, 1);
  };
}

/** Goes one step back, if there is a way. */
export function goBack(): boolean {
  const go = ways.at(-1);
  go?.();
  return go !== undefined;
}
