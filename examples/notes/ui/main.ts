// The window's entry with the notes in it; ui/src/main.ts is the same without a screen of its own.
import { start } from "../../../ui/src/start";
import Notes from "./Notes.svelte";

const target = document.getElementById("app");
if (target) void start(target, Date.now, Notes);
