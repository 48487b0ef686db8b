// The client's thread: loads the code that the page names, and gives it its end of the port.

addEventListener(
  "message",
  async ({ data }) => {
    try {
      const client = await import(data.code);
      await client.default({ module_or_path: data.wasm });
      client.serve(data.port);
    } catch (error) {
      // Thrown outside of the promise, so that the page hears of it.
      setTimeout(() => {
        throw error;
      });
    }
  },
  { once: true },
);
