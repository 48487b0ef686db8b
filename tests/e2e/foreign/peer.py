"""WebRTC by another implementation (aiortc): carries the connections of one page, as told line by line.

Reads one JSON object a line and answers in the same way. Every connection plays one tone, and its sound is listened to:
`hear` answers with the energy and the loudest frequency of what came last.
"""

import asyncio
import base64
import fractions
import json
import sys

import numpy
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from aiortc.sdp import candidate_from_sdp
from av import AudioFrame

RATE = 48_000
# Samples of a frame: 20 ms, as Opus has it.
FRAME = RATE // 50
# What is listened to: enough for 6 Hz between two steps.
WINDOW = 8_192


class Tone(MediaStreamTrack):
    """A sine of one frequency, in real time."""

    kind = "audio"

    def __init__(self, hertz):
        super().__init__()
        self.hertz = hertz
        self.sent = 0
        self.began = None

    async def recv(self):
        loop = asyncio.get_running_loop()
        if self.began is None:
            self.began = loop.time()
        await asyncio.sleep(max(0, self.began + self.sent / RATE - loop.time()))
        moments = (self.sent + numpy.arange(FRAME)) / RATE
        samples = 0.5 * numpy.sin(2 * numpy.pi * self.hertz * moments)
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME)
        frame.planes[0].update((samples * 32_767).astype(numpy.int16).tobytes())
        frame.sample_rate = RATE
        frame.pts = self.sent
        frame.time_base = fractions.Fraction(1, RATE)
        self.sent += FRAME
        return frame


class Connection:
    """One connection of the page, and what comes over it."""

    def __init__(self, name, tell, hertz):
        self.name = name
        self.tell = tell
        self.heard = numpy.zeros(WINDOW)
        # Without servers of its own choice: it would ask one far away, and wait for it before it describes itself.
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.tone = Tone(hertz)
        self.channels = {}
        self.peer.on("track", lambda track: asyncio.ensure_future(self.listen(track)))
        self.peer.on(
            "connectionstatechange",
            lambda: tell({"id": name, "state": self.peer.connectionState}),
        )

    def open_channel(self, number):
        channel = self.peer.createDataChannel("", negotiated=True, id=number)
        self.channels[number] = channel

        def tell(**news):
            self.tell({"id": self.name, "channel": number, **news})

        channel.on("open", lambda: tell(open=True))
        channel.on("close", lambda: tell(open=False))
        channel.on("message", lambda it: tell(message=base64.b64encode(it).decode()))

    async def listen(self, track):
        while True:
            try:
                frame = await track.recv()
            except Exception:
                return
            samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
            mono = samples.mean(axis=1) / 32_768
            self.heard = numpy.concatenate([self.heard, mono])[-WINDOW:]

    async def do(self, order):
        match order["do"]:
            case "sound":
                if not self.peer.getTransceivers():
                    self.peer.addTrack(self.tone)
            case "local":
                stable = self.peer.signalingState == "stable"
                make = self.peer.createOffer if stable else self.peer.createAnswer
                await self.peer.setLocalDescription(await make())
                local = self.peer.localDescription
                return {"type": local.type, "sdp": local.sdp}
            case "remote":
                description = RTCSessionDescription(order["sdp"], order["type"])
                await self.peer.setRemoteDescription(description)
                if order["type"] == "offer" and "m=audio" in order["sdp"]:
                    for transceiver in self.peer.getTransceivers():
                        transceiver.sender.replaceTrack(self.tone)
                        transceiver.direction = "sendrecv"
            case "candidate":
                candidate = candidate_from_sdp(order["candidate"].split(":", 1)[1])
                candidate.sdpMid = order["mid"]
                candidate.sdpMLineIndex = order["line"]
                await self.peer.addIceCandidate(candidate)
            case "channel":
                self.open_channel(order["channel"])
            case "send":
                self.channels[order["channel"]].send(base64.b64decode(order["bytes"]))
            case "close channel":
                self.channels[order["channel"]].close()
            case "close":
                await self.peer.close()
            case "hear":
                spectrum = numpy.abs(numpy.fft.rfft(self.heard * numpy.hanning(WINDOW)))
                pitch = float(numpy.argmax(spectrum) * RATE / WINDOW)
                return {"energy": float(numpy.mean(self.heard**2)), "pitch": pitch}
        return {}


async def main():
    hertz = float(sys.argv[1])
    connections = {}

    def tell(news):
        print(json.dumps(news), flush=True)

    async def serve(order):
        connection = connections.get(order["id"])
        if connection is None:
            connection = connections[order["id"]] = Connection(order["id"], tell, hertz)
        try:
            answer = await connection.do(order)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        if "number" in order:
            tell({"id": order["id"], "number": order["number"], **answer})

    loop = asyncio.get_running_loop()
    last = {}
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        name = order["id"]
        before = last.get(name)

        # Orders of one connection come one after the other, as in a browser.
        async def in_turn(before=before, order=order):
            if before is not None:
                await before
            await serve(order)

        last[name] = asyncio.ensure_future(in_turn())


asyncio.run(main())
