// Measures sender keys in wasm, and beside them the same message shape in WebCrypto, and writes the numbers as JSON.

import init, { Absence, Pair } from "./sender_key_speed.js";

const ROUNDS = 3;
const SIZES = [200, 4096];
// As many as one chain holds, like in wasm.
const MESSAGES = 1000;
// What somebody finds who was away for long.
const MISSED = 10_000;

const subtle = crypto.subtle;
const bytes = (text) => new TextEncoder().encode(text);
const join = (...parts) => {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(new Uint8Array(part.buffer ?? part), at);
    at += part.byteLength;
  }
  return joined;
};

async function timed(work) {
  const started = performance.now();
  const count = await work();
  return { milliseconds: performance.now() - started, count };
}

const speed = ({ milliseconds, count }) => (count * 1000) / milliseconds;

// The best of several rounds: what the code can do when the machine does nothing else.
async function best(round) {
  const results = [];
  for (let i = 0; i < ROUNDS; i += 1) results.push(await round());
  return results;
}

async function wasm(size) {
  const rounds = await best(async () => {
    const pair = new Pair(size);
    const encrypt = speed(await timed(() => pair.encrypt_all()));
    const decrypt = speed(await timed(() => pair.decrypt_all()));
    const frame = pair.frame_length();
    pair.free();
    const far = new Pair(size);
    far.encrypt_all();
    const jump = (await timed(() => far.decrypt_last())).milliseconds;
    far.free();
    return { encrypt, decrypt, frame, jump };
  });
  return {
    encrypt: Math.max(...rounds.map((r) => r.encrypt)),
    decrypt: Math.max(...rounds.map((r) => r.decrypt)),
    jump: Math.min(...rounds.map((r) => r.jump)),
    frame: rounds[0].frame,
  };
}

const expandKey = (secret) => subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
const expand = (key, info, length) =>
  subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info }, key, length * 8);

// Message secret, next chain key, message key and nonce: the three derivations of one message.
async function step(chainKey, header) {
  const chain = await expandKey(chainKey);
  const secret = await expandKey(await expand(chain, bytes("secret"), 32));
  const next = await expand(chain, bytes("chain"), 32);
  const context = await subtle.digest("SHA-256", header);
  const keys = new Uint8Array(await expand(secret, join(bytes("message"), context), 44));
  return { next, key: keys.slice(0, 32), nonce: keys.slice(32) };
}

// The header's length and the padded text are those of the frames that wasm makes.
async function webCrypto(size, frame) {
  const signing = await subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const padded = new Uint8Array(frame - 200);
  padded.set(crypto.getRandomValues(new Uint8Array(size)));
  const header = crypto.getRandomValues(new Uint8Array(170));
  const rounds = await best(async () => {
    const first = crypto.getRandomValues(new Uint8Array(32));
    const sent = [];
    const encrypt = speed(
      await timed(async () => {
        let chainKey = first;
        for (let i = 0; i < MESSAGES; i += 1) {
          crypto.getRandomValues(header.subarray(0, 16));
          const { next, key, nonce } = await step(chainKey, header);
          chainKey = next;
          const aes = await subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
          const text = await subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: header }, aes, padded);
          const signed = join(header, await subtle.digest("SHA-256", text));
          sent.push({ header: header.slice(), text, signature: await subtle.sign("Ed25519", signing.privateKey, signed) });
        }
        return MESSAGES;
      }),
    );
    const decrypt = speed(
      await timed(async () => {
        let chainKey = first;
        for (const { header, text, signature } of sent) {
          const signed = join(header, await subtle.digest("SHA-256", text));
          if (!(await subtle.verify("Ed25519", signing.publicKey, signature, signed))) throw new Error("bad signature");
          const { next, key, nonce } = await step(chainKey, header);
          chainKey = next;
          const aes = await subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
          await subtle.decrypt({ name: "AES-GCM", iv: nonce, additionalData: header }, aes, text);
        }
        return sent.length;
      }),
    );
    return { encrypt, decrypt };
  });
  return {
    encrypt: Math.max(...rounds.map((r) => r.encrypt)),
    decrypt: Math.max(...rounds.map((r) => r.decrypt)),
  };
}

const status = document.querySelector("[role=status]");
try {
  await init();
  const results = [];
  for (const size of SIZES) {
    const ours = await wasm(size);
    results.push({ size, wasm: ours, web: await webCrypto(size, ours.frame) });
  }
  const absence = new Absence(MISSED);
  const catching_up = speed(await timed(() => absence.catch_up()));
  status.textContent = JSON.stringify({ results, missed: MISSED, catching_up });
} catch (error) {
  status.textContent = `failed: ${error}`;
}
