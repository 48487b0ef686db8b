// The client's thread: loads the code that the page names, and gives it its end of the port.

// The page hears of errors only if they are thrown outside of promises; most of the client runs inside them.
addEventListener("unhandledrejection", ({ reason }) => {
  setTimeout(() => {
    throw reason;
  });
});

addEventListener(
  "message",
  async ({ data }) => {
    const client = await import(data.code);
    await client.default({ module_or_path: data.wasm });
    client.serve(data.port);
  },
  { once: true },
);
