"""A peer with aiortc. Requests and answers are lines of JSON; the calls are those of peer.js."""
import asyncio
import json
import sys

import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp

# aioice leaves loopback out of its host candidates; this peer wants nothing else.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

pc = None
channels = {}
frames = {"audio": 0, "video": 0}                        # that were decoded
kept = []                                                # players and tasks that run until the end


def post(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def pattern(size):
    return bytes((i * 31 + (i >> 8)) & 0xFF for i in range(size))


async def until(what, condition):
    for _ in range(1500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise Exception("not in 15 s: " + what)


def adopt(channel, echoes):
    channel.inbox = []

    @channel.on("message")
    def on_message(message):
        if echoes:
            channel.send(message)
        else:
            channel.inbox.append(message)

    channels[channel.label] = channel


async def count(track):
    try:
        while True:
            await track.recv()
            frames[track.kind] += 1
    except MediaStreamError:
        pass                                             # the track has ended


class Calls:
    async def connect(self, configuration):
        global pc
        pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))

        @pc.on("datachannel")
        def on_channel(channel):
            adopt(channel, True)

        @pc.on("track")
        def on_track(track):
            kept.append(asyncio.ensure_future(count(track)))

    # The files are decoded, and encoded anew for the call.
    async def send(self, kinds, files):
        for kind in kinds:
            player = MediaPlayer(files[kind], loop=True)
            kept.append(player)
            pc.addTrack(getattr(player, kind))

    async def decoded(self, kind, number):
        await until(f"{number} frames of {kind}", lambda: frames[kind] >= number)
        return frames[kind]

    # aiortc has no trickling of its own: its candidates are in its description.
    async def setLocal(self):
        create = pc.createAnswer if pc.signalingState == "have-remote-offer" else pc.createOffer
        await pc.setLocalDescription(await create())
        return {"type": pc.localDescription.type, "sdp": pc.localDescription.sdp}

    async def setRemote(self, description):
        await pc.setRemoteDescription(RTCSessionDescription(sdp=description["sdp"], type=description["type"]))

    async def addCandidate(self, candidate):
        if not candidate or not candidate.get("candidate"):
            return                                       # it knows no end of candidates
        parsed = candidate_from_sdp(candidate["candidate"].split(":", 1)[1])
        parsed.sdpMid, parsed.sdpMLineIndex = candidate.get("sdpMid"), candidate.get("sdpMLineIndex")
        await pc.addIceCandidate(parsed)

    async def connected(self):
        await until("connected", lambda: pc.connectionState == "connected")

    async def open(self, label, init=None):
        init = init or {}
        adopt(pc.createDataChannel(label, ordered=init.get("ordered", True), maxPacketLifeTime=init.get("maxPacketLifeTime"),
                                   maxRetransmits=init.get("maxRetransmits"), protocol=init.get("protocol", ""),
                                   negotiated=init.get("negotiated", False), id=init.get("id")), init.get("negotiated", False))

    async def readyState(self, label, state):
        await until(f"{label} {state}", lambda: label in channels and channels[label].readyState == state)

    async def describe(self, label):
        c = channels[label]
        return {"ordered": c.ordered, "maxPacketLifeTime": c.maxPacketLifeTime, "maxRetransmits": c.maxRetransmits,
                "protocol": c.protocol, "negotiated": c.negotiated, "id": c.id}

    async def roundTrip(self, label, message):
        channel, sent = channels[label], pattern(message) if isinstance(message, int) else message
        channel.send(sent)
        await until(f"echo of {message}", lambda: channel.inbox)
        return channel.inbox.pop(0) == sent

    async def bufferedAmount(self, label):
        return channels[label].bufferedAmount

    async def closeChannel(self, label):
        channels[label].close()

    async def closePeer(self):
        await pc.close()


async def answer(calls, request):
    try:
        post({"id": request["id"], "result": await getattr(calls, request["call"])(*request["arguments"])})
    except Exception as error:
        post({"id": request["id"], "error": f"{type(error).__name__}: {error}"})


async def main():
    calls, reader = Calls(), asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    post({"ready": True})
    tasks = set()
    while line := await reader.readline():
        task = asyncio.ensure_future(answer(calls, json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


asyncio.run(main())
