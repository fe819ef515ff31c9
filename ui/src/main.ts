import { start } from "./start";

const target = document.getElementById("app");
if (target) void start(target, Date.now);
