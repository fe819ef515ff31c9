// Tauri's mocks expect a window; the global object has all that they use of one.
Object.assign(globalThis, { window: globalThis });
