// Starts the app: looks for what the browser lacks, loads what is on screen, then the client in a thread of its own, and
// clears the waiting line. The addresses carry content hashes; the build writes them into the page.

const message = document.getElementById("boot-message");

// Each entry: what is missing in plain words, and whether it is there.
const needs = [
  ["WebAssembly", () => typeof WebAssembly === "object"],
  ["WebSocket", () => typeof WebSocket === "function"],
  ["Web Workers", () => typeof Worker === "function"],
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

function address(id) {
  return document.getElementById(id).href;
}

// The client's thread and this page's end of the port between them.
function startClient() {
  const thread = new Worker("/client.js", { type: "module" });
  const { port1, port2 } = new MessageChannel();
  const client = document.querySelector("meta[name=client]").content;
  thread.postMessage({ code: `${client}.js`, wasm: `${client}_bg.wasm`, port: port2 }, [port2]);
  return [port1, thread];
}

// What is clicked or typed meanwhile is answered in between.
function pause() {
  return new Promise((resume) => setTimeout(resume));
}

// The first words are on the screen, or nobody looks.
function painted() {
  return new Promise((resume) => {
    if (document.hidden) {
      resume();
    }
    document.addEventListener("visibilitychange", resume, { once: true });
    requestAnimationFrame(() => setTimeout(resume));
  });
}

// The browser offers once to install the app, perhaps before it is here: kept until a button of its own asks for it.
addEventListener("beforeinstallprompt", (offer) => {
  offer.preventDefault();
  window.installOffer = offer;
  dispatchEvent(new Event("installoffer"));
});

// A version that is kept on the device and does not start must not stand in the way of a repaired one.
async function letNewerVersionIn() {
  const registration = await navigator.serviceWorker?.getRegistration();
  registration?.waiting?.postMessage("take over");
  await registration?.update();
}

const missing = needs.filter(([, test]) => !present(test)).map(([name]) => name);
if (missing.length > 0) {
  say(`This browser cannot run DiscordOpus. Missing: ${missing.join(", ")}. A current Firefox, Chrome, Edge or Safari can.`);
} else {
  try {
    if (!navigator.serviceWorker?.controller) {
      await painted(); // otherwise the code is on the device, and takes nothing from the line
    }
    const fetched = fetch(address("app-wasm"));
    const app = await import(address("app-code"));
    // What is on screen comes first; the client is fetched while it draws.
    const module = await WebAssembly.compileStreaming(fetched);
    await pause();
    const client = startClient();
    await app.default({ module_or_path: module });
    await pause();
    app.show(...client);
    document.getElementById("boot").remove();
  } catch (error) {
    console.error(error);
    say("DiscordOpus could not be loaded. Check your connection and reload the page.");
    letNewerVersionIn().catch(console.error);
  }
}
