// Starts the app: looks for what the browser lacks, loads the WebAssembly module, clears the waiting line.
// The addresses (they carry content hashes) stand in the two preload links that the build writes into the page.

const message = document.getElementById("boot-message");

// Each entry: what is missing in plain words, and whether it is there.
const needs = [
  ["WebAssembly", () => typeof WebAssembly === "object"],
  ["WebSocket", () => typeof WebSocket === "function"],
  ["IndexedDB storage", () => Boolean(window.indexedDB)],
  ["Web Crypto (it needs https or localhost)", () => Boolean(window.crypto && window.crypto.subtle)],
  ["Web Locks", () => Boolean(navigator.locks)],
];

function present(test) {
  try {
    return test();
  } catch {
    return false; // some browsers throw on access when storage is blocked
  }
}

function say(text) {
  message.setAttribute("role", "alert");
  message.textContent = text;
}

const missing = needs.filter(([, test]) => !present(test)).map(([name]) => name);
if (missing.length > 0) {
  say(`This browser cannot run DiscordOpus. Missing: ${missing.join(", ")}. A current Firefox, Chrome, Edge or Safari can.`);
} else {
  try {
    const app = await import(document.getElementById("app-code").href);
    await app.default({ module_or_path: document.getElementById("app-wasm").href });
    document.getElementById("boot").remove();
  } catch (error) {
    console.error(error);
    say("DiscordOpus could not be loaded. Check your connection and reload the page.");
  }
}
