// The screens of `screens/later.ts`, once their file is read. Until then nothing of them is drawn.
import type * as Screens from "./screens/later";

let loaded = $state.raw<typeof Screens>();

/** The screens; undefined before they are loaded. */
export const laterScreens = (): typeof Screens | undefined => loaded;

/** Reads their file, once. */
export async function loadLaterScreens(): Promise<void> {
  loaded ??= await import("./screens/later");
}
