// The same call without an app: a mesh of bare connections in this page, all offers at once, candidates as they come.
// What is measured of the app is measured of it as well, in the same page and with the same tones.

// Resolves with the milliseconds from the first connection to the moment at which everyone hears everyone.
export async function bareMesh(tracks, loud) {
  const began = performance.now();
  const ears = [];
  const connections = [];
  for (let one = 0; one < tracks.length; one += 1) {
    for (let other = one + 1; other < tracks.length; other += 1) {
      const [caller, callee] = [new RTCPeerConnection(), new RTCPeerConnection()];
      connections.push(caller, callee);
      caller.onicecandidate = ({ candidate }) => candidate && callee.addIceCandidate(candidate);
      callee.onicecandidate = ({ candidate }) => candidate && caller.addIceCandidate(candidate);
      caller.addTrack(tracks[other]);
      callee.addTrack(tracks[one]);
      for (const end of [caller, callee]) {
        ears.push(hear(end));
      }
      (async () => {
        await caller.setLocalDescription();
        await callee.setRemoteDescription(caller.localDescription);
        await callee.setLocalDescription();
        await caller.setRemoteDescription(callee.localDescription);
      })();
    }
  }
  const silent = new Set(ears);
  while (silent.size > 0) {
    for (const ear of silent) {
      if ((await ear()) > loud) {
        silent.delete(ear);
      }
    }
    await pause(2);
  }
  const took = performance.now() - began;
  connections.forEach((connection) => connection.close());
  return took;
}

// How loud the other side of a connection is once decoded, for which it has to be played.
function hear(connection) {
  const element = new Audio();
  connection.ontrack = ({ track }) => {
    element.srcObject = new MediaStream([track]);
    element.play();
  };
  return async () => {
    let loudest = 0;
    for (const receiver of connection.getReceivers()) {
      for (const entry of (await receiver.getStats()).values()) {
        loudest = Math.max(loudest, entry.audioLevel ?? 0);
      }
    }
    return loudest;
  };
}

// Browsers wait a little longer than this, for both who are measured.
function pause(millis) {
  return new Promise((done) => setTimeout(done, millis));
}
