// Put into every page before its own scripts: hears what arrives over each RTCPeerConnection and what is played of it.
(() => {
    if (window.ear) {
        return;
    }
    const FFT_SIZE = 8192;
    const SAMPLE_EVERY_MS = 60;
    const AUDIBLE_DB = -60;
    const AUDIBLE_LEVEL = 0.01;
    // A peak is higher than everything this many bins around it.
    const PEAK_WIDTH = 4;

    // Connections, and how often each was heard with which pitch: so that one which falls silent can still be told.
    const connections = [];
    const elements = new Set();
    const outputs = new Map();
    const analysers = new WeakMap();
    let own = null;

    window.RTCPeerConnection = class extends window.RTCPeerConnection {
        constructor(...given) {
            super(...given);
            const connection = { peer: this, heard: new Map(), turns: 0 };
            this.addEventListener('signalingstatechange', () => (connection.turns += 1));
            connections.push(connection);
        }
    };

    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function (...given) {
        elements.add(this);
        return play.apply(this, given);
    };

    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (target, ...given) {
        if (target instanceof AudioDestinationNode && this.context !== own) {
            if (!outputs.has(this.context)) {
                outputs.set(this.context, analyser(this.context));
            }
            connect.call(this, outputs.get(this.context));
        }
        return connect.call(this, target, ...given);
    };

    function analyser(context) {
        const made = context.createAnalyser();
        made.fftSize = FFT_SIZE;
        made.smoothingTimeConstant = 0;
        made.minDecibels = -140;
        return made;
    }

    function analyserOf(track) {
        let made = analysers.get(track);
        if (!made) {
            own ??= new AudioContext();
            made = analyser(own);
            connect.call(own.createMediaStreamSource(new MediaStream([track])), made);
            analysers.set(track, made);
        }
        return made;
    }

    // The audible peaks of a spectrum, the highest first.
    function peaks(made) {
        const bins = new Float32Array(made.frequencyBinCount);
        made.getFloatFrequencyData(bins);
        const found = [];
        for (let bin = PEAK_WIDTH; bin < bins.length - PEAK_WIDTH; bin += 1) {
            const level = bins[bin];
            const around = bins.subarray(bin - PEAK_WIDTH, bin + PEAK_WIDTH + 1);
            if (level > AUDIBLE_DB && level === Math.max(...around)) {
                found.push({ hertz: (bin * made.context.sampleRate) / made.fftSize, level });
            }
        }
        return found.sort((one, other) => other.level - one.level);
    }

    function audible(it) {
        return !it.paused && !it.muted && it.volume > 0 && it.srcObject;
    }

    function playing() {
        const tracks = [...elements].filter(audible).flatMap((it) => it.srcObject.getAudioTracks());
        const heard = tracks.filter((it) => it.readyState === 'live').map(analyserOf);
        const running = [...outputs].filter(([context]) => context.state === 'running');
        return heard.concat(running.map(([, made]) => made));
    }

    function incoming(peer) {
        return peer
            .getReceivers()
            .map((it) => it.track)
            .filter((it) => it.kind === 'audio');
    }

    async function figures(peer) {
        const report = [...(await peer.getStats()).values()];
        const named = (id) => report.find((it) => it.id === id);
        const sound = report.filter((it) => it.type === 'inbound-rtp' && it.kind === 'audio');
        const sum = (name) => sound.reduce((all, it) => all + (it[name] ?? 0), 0);
        const transport = report.find((it) => it.type === 'transport');
        const pair = named(transport?.selectedCandidatePairId);
        const local = named(pair?.localCandidateId);
        const remote = named(pair?.remoteCandidateId);
        return {
            energy: sum('totalAudioEnergy'),
            duration: sum('totalSamplesDuration'),
            relayed: local?.candidateType === 'relay' || remote?.candidateType === 'relay',
            protocol: local?.relayProtocol ?? local?.protocol ?? '',
        };
    }

    // Listens for a while, and tells of every connection that is up, and of what is played.
    async function listen(milliseconds) {
        const up = connections.filter((it) => it.peer.connectionState === 'connected');
        for (const { peer } of up) {
            incoming(peer).forEach(analyserOf);
        }
        playing();
        await own?.resume();
        const before = await Promise.all(up.map(({ peer }) => figures(peer)));
        const loudest = up.map(() => null);
        const played = new Map();
        const until = performance.now() + milliseconds;
        while (performance.now() < until) {
            await new Promise((done) => setTimeout(done, SAMPLE_EVERY_MS));
            up.forEach(({ peer }, at) => {
                const [peak] = incoming(peer).flatMap((it) => peaks(analyserOf(it)));
                if (peak) {
                    up[at].heard.set(peak.hertz, (up[at].heard.get(peak.hertz) ?? 0) + 1);
                }
                if (peak && peak.level > (loudest[at]?.level ?? -Infinity)) {
                    loudest[at] = peak;
                }
            });
            for (const peak of playing().flatMap(peaks)) {
                played.set(peak.hertz, Math.max(peak.level, played.get(peak.hertz) ?? -Infinity));
            }
        }
        const after = await Promise.all(up.map(({ peer }) => figures(peer)));
        const arrived = up.map((connection, at) => {
            const duration = after[at].duration - before[at].duration;
            const energy = duration > 0 ? (after[at].energy - before[at].energy) / duration : 0;
            const [most] = [...connection.heard].sort(([, one], [, other]) => other - one);
            return {
                pitch: most?.[0] ?? null,
                peak: loudest[at],
                energy,
                relayed: after[at].relayed,
                protocol: after[at].protocol,
            };
        });
        return {
            arrived,
            played: [...played].map(([hertz, level]) => ({ hertz, level })),
            open: connections.filter((it) => it.peer.connectionState !== 'closed').length,
        };
    }

    // What sound goes through: the microphone that each connection sends, the speaker of everything that is played, and how
    // many turns negotiations have taken so far.
    async function devices() {
        const known = await navigator.mediaDevices.enumerateDevices();
        const speaker = (id) =>
            known.find((it) => it.kind === 'audiooutput' && it.deviceId === (id || 'default'))?.label;
        const open = connections.filter((it) => it.peer.connectionState !== 'closed');
        const senders = open.flatMap(({ peer }) => peer.getSenders());
        return {
            microphones: senders.map((it) => it.track?.label ?? ''),
            speakers: [...elements].filter(audible).map((it) => speaker(it.sinkId) ?? ''),
            turns: connections.reduce((all, it) => all + it.turns, 0),
        };
    }

    // Resolves with the moment at which sound has come over so many connections. Asks the browser about one receiver at a
    // time, and only until it was heard, as asking takes time from what is measured.
    async function hears(count) {
        const heard = new Set();
        const sounds = (it) => it.type === 'inbound-rtp' && it.audioLevel > AUDIBLE_LEVEL;
        while (heard.size < count) {
            for (const { peer } of connections) {
                if (peer.connectionState === 'connected' && !heard.has(peer)) {
                    const reports = await Promise.all(peer.getReceivers().map((it) => it.getStats()));
                    if (reports.some((it) => [...it.values()].some(sounds))) {
                        heard.add(peer);
                    }
                }
            }
            await new Promise((done) => setTimeout(done, 5));
        }
        return performance.timeOrigin + performance.now();
    }

    // What has gone out so far: streams, packets, and bytes with everything that a packet has around them.
    async function sent() {
        const up = connections.filter((it) => it.peer.connectionState === 'connected');
        const reports = await Promise.all(up.map(({ peer }) => peer.getStats()));
        const all = reports.flatMap((it) => [...it.values()]);
        const streams = all.filter((it) => it.type === 'outbound-rtp' && it.kind === 'audio');
        const gcm = all.some((it) => it.type === 'transport' && it.srtpCipher?.includes('GCM'));
        const packets = streams.reduce((sum, it) => sum + it.packetsSent, 0);
        const inner = streams.reduce((sum, it) => sum + it.bytesSent + it.headerBytesSent, 0);
        // Around a packet: the mark of SRTP, and the headers of UDP and IPv4.
        const bytes = inner + packets * ((gcm ? 16 : 10) + 8 + 20);
        return { streams: streams.length, packets, bytes };
    }

    window.ear = { listen, devices, hears, sent };
})();
