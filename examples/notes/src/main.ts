import { watch } from "tauri-plugin-latchkey-api";

import { show } from "./screen";

const page = document.getElementById("app");
if (page) void watch((session) => show(page, session));
