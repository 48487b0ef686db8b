// In the page before it begins: its connections are carried by another program, through whoever runs this browser.
// `bridge.orders` is read from outside, `bridge.take` is called from outside with what that program says.
(() => {
  let last = 0;
  const peers = new Map();
  const waiting = new Map();
  const orders = [];

  function order(id, what) {
    orders.push({ id, ...what });
  }

  function ask(id, what) {
    last += 1;
    const number = last;
    order(id, { ...what, number });
    return new Promise((answer, refuse) => waiting.set(number, { answer, refuse }));
  }

  class Channel extends EventTarget {
    readyState = "connecting";
    binaryType = "arraybuffer";
    bufferedAmount = 0;
    bufferedAmountLowThreshold = 0;

    constructor(peer, id) {
      super();
      this.peer = peer;
      this.id = id;
      order(peer, { do: "channel", channel: id });
    }

    send(bytes) {
      order(this.peer, { do: "send", channel: this.id, bytes: btoa(String.fromCharCode(...bytes)) });
    }

    close() {
      this.readyState = "closing";
      order(this.peer, { do: "close channel", channel: this.id });
    }
  }

  class Transceiver {
    direction = "sendrecv";
    sender = { replaceTrack: async () => {} };
    receiver = { track: { kind: "audio" }, getStats: async () => new Map() };
  }

  class Peer extends EventTarget {
    signalingState = "stable";
    connectionState = "new";
    localDescription = null;
    transceivers = [];
    channels = new Map();

    constructor() {
      super();
      this.id = `connection ${(last += 1)}`;
      peers.set(this.id, this);
    }

    createDataChannel(_, { id }) {
      const channel = new Channel(this.id, id);
      this.channels.set(id, channel);
      return channel;
    }

    addTransceiver() {
      const transceiver = new Transceiver();
      this.transceivers.push(transceiver);
      order(this.id, { do: "sound" });
      queueMicrotask(() => this.dispatchEvent(new Event("negotiationneeded")));
      return transceiver;
    }

    getTransceivers() {
      return this.transceivers;
    }

    async setLocalDescription() {
      const { type, sdp } = await ask(this.id, { do: "local" });
      this.localDescription = { type, sdp };
      this.signalingState = type === "offer" ? "have-local-offer" : "stable";
    }

    async setRemoteDescription({ type, sdp }) {
      await ask(this.id, { do: "remote", type, sdp });
      this.signalingState = type === "offer" ? "have-remote-offer" : "stable";
      if (sdp.includes("m=audio") && this.transceivers.length === 0) {
        this.transceivers.push(new Transceiver());
      }
    }

    async addIceCandidate({ candidate, sdpMid, sdpMLineIndex }) {
      await ask(this.id, { do: "candidate", candidate, mid: sdpMid, line: sdpMLineIndex });
    }

    async getStats() {
      return new Map();
    }

    restartIce() {}

    close() {
      order(this.id, { do: "close" });
      peers.delete(this.id);
    }
  }

  window.RTCPeerConnection = Peer;
  window.RTCRtpTransceiver = Transceiver;
  window.bridge = {
    names: () => [...peers.keys()],
    orders: () => orders.splice(0),
    take({ id, number, error, state, channel, open, message, ...rest }) {
      if (number !== undefined) {
        const { answer, refuse } = waiting.get(number);
        waiting.delete(number);
        return error === undefined ? answer(rest) : refuse(new DOMException(error, "OperationError"));
      }
      const peer = peers.get(id);
      if (peer === undefined) {
        return;
      }
      if (state !== undefined) {
        peer.connectionState = state;
        peer.dispatchEvent(new Event("connectionstatechange"));
      }
      const told = peer.channels.get(channel);
      if (open !== undefined) {
        told.readyState = open ? "open" : "closed";
        told.dispatchEvent(new Event(open ? "open" : "close"));
      }
      if (message !== undefined) {
        const bytes = Uint8Array.from(atob(message), (letter) => letter.charCodeAt(0));
        told.dispatchEvent(new MessageEvent("message", { data: bytes.buffer }));
      }
    },
  };
})();
