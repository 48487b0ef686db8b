// Keeps the app on the device: it opens without a network, and two versions of it are never mixed.
//
// The build writes the list below: every file of one version with the SHA-256 of its bytes. A version is kept whole or
// not at all. It waits while pages of an older one are open, and takes over when a person says so or the last of them is
// closed. What belongs to the deployment and not to the app (config.json, /turn, /mqtt) always comes from the relay.
// Lists that few people need, and of those one in each language, are kept from their first use on.

const VERSION = "";
const FILES = new Map([]);

const CACHES = "app-";
const CACHE = CACHES + VERSION;
// Its address is the same in all versions, and whatever is asked of it stays on the device: text that another program
// shares arrives as a query.
const PAGE = "/";
const ON_USE = "/emoji/";

addEventListener("install", (event) => event.waitUntil(keepAll()));

async function keepAll() {
  // A version that comes back after a newer one was rolled back may still be here, and in use.
  const isHere = await caches.has(CACHE);
  try {
    const cache = await caches.open(CACHE);
    await Promise.all([...FILES.keys()].map((path) => (path.startsWith(ON_USE) ? keepAgain(cache, path) : keep(cache, path))));
  } catch (error) {
    if (!isHere) {
      await caches.delete(CACHE);
    }
    throw error;
  }
}

async function keep(cache, path) {
  await cache.put(path, await obtain(path));
}

// A list that was used with an older version is kept with this one too, if it is still the same.
async function keepAgain(cache, path) {
  const kept = await caches.match(path);
  if (kept && (await isOurs(path, kept))) {
    await cache.put(path, kept);
  }
}

// A file with exactly the bytes of this version: from an older version that has the same, or from the relay.
async function obtain(path) {
  const sources = [() => caches.match(path), () => fetch(path), () => fetch(path, { cache: "reload" })];
  for (const source of sources) {
    const response = await source();
    if (response?.ok && (await isOurs(path, response))) {
      return response;
    }
  }
  // The files on the relay are being replaced, or belong to another version by now.
  throw new Error(`${path} is not of this version`);
}

async function isOurs(path, response) {
  const bytes = await response.clone().arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === FILES.get(path);
}

addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name.startsWith(CACHES) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await clients.claim();
}

addEventListener("message", ({ data }) => {
  if (data === "take over") {
    skipWaiting();
  }
});

addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname, search } = new URL(url);
  const isPage = mode === "navigate" && pathname === PAGE;
  if (method === "GET" && origin === location.origin && FILES.has(pathname) && (isPage || search === "")) {
    event.respondWith(answer(event, pathname));
  }
});

async function answer(event, path) {
  const kept = await caches.match(path, { cacheName: CACHE });
  if (kept && path === PAGE) {
    event.waitUntil(renewHeaders().catch(() => {})); // without a network there are no newer ones
  }
  return kept ?? (path.startsWith(ON_USE) ? firstUse(path) : fetch(event.request));
}

async function firstUse(path) {
  const response = await fetch(path);
  if (response.ok && (await isOurs(path, response)) && (await caches.has(CACHE))) {
    const cache = await caches.open(CACHE);
    await cache.put(path, response.clone());
  }
  return response;
}

// The relay may have been set up anew with the same app: its policy is in the page's headers.
async function renewHeaders() {
  const response = await fetch(PAGE, { cache: "no-cache" });
  if (response.ok && (await isOurs(PAGE, response)) && (await caches.has(CACHE))) {
    const cache = await caches.open(CACHE);
    await cache.put(PAGE, response);
  }
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data));
});

// Brings a page of the app to the front, at the place that the notification is about.
async function show(fragment) {
  const [page] = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!page) {
    await clients.openWindow(PAGE + fragment);
    return;
  }
  page.postMessage(fragment);
  await page.focus();
}
