// A screen of the app's own, shown while an account is signed in. See docs/adopting.md.
import type { SessionView } from "tauri-plugin-latchkey-api";
import type { Component } from "svelte";

import type { Session } from "./session.svelte";

export interface FeatureProps {
  session: Session;
  view: Extract<SessionView, { state: "signed-in" }>;
  /** Unix seconds. */
  now: number;
}

export type Feature = Component<FeatureProps>;
