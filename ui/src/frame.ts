// The first frame. What the window asks the backend by itself waits for it: the questions take as
// much work as the frame, which needs no answer.

/** How long a window that is not visible waits for a frame. */
const NO_FRAME_MS = 500;

let first: Promise<void> = Promise.resolve();

/** From now on `afterFirstFrame` waits for the next frame. */
export function awaitFirstFrame(): void {
  first = new Promise((resolve) => {
    setTimeout(resolve, NO_FRAME_MS);
    // The callback runs before the frame, its timer after it.
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

/** Resolves when the first frame has been painted. */
export const afterFirstFrame = (): Promise<void> => first;
