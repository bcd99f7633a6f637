"""A peer with GStreamer's webrtcbin. Requests and answers are lines of JSON; the calls are those of peer.js and of aiortc/peer.py."""
import json
import re
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: E402

Gst.init(None)

CODECS = {"video": "VP8", "audio": "OPUS"}
SOURCES = {
    "video": "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=25/1 ! vp8enc deadline=1 keyframe-max-dist=25 "
             "! rtpvp8pay pt={0} ! capsfilter caps=application/x-rtp,media=video,encoding-name=VP8,payload={0},clock-rate=90000",
    "audio": "audiotestsrc is-live=true ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2 ! opusenc "
             "! rtpopuspay pt={0} ! capsfilter caps=application/x-rtp,media=audio,encoding-name=OPUS,payload={0},clock-rate=48000",
}
PAYLOAD_TYPES = {"video": 96, "audio": 111}              # of our own offers

output = threading.Lock()


def post(message):
    with output:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def until(what, condition):
    for _ in range(1500):
        if condition():
            return
        time.sleep(0.01)
    raise Exception("not in 15 s: " + what)


class Peer:
    def __init__(self):
        self.pipe = Gst.Pipeline.new("peer")
        self.bin = Gst.ElementFactory.make("webrtcbin", "webrtc")
        self.agent = self.bin.get_property("ice-agent")  # held until the end: webrtcbin 1.22 gives it away without a reference of ours
        self.frames = {"audio": 0, "video": 0}           # that were decoded
        self.waiting = []                                # kinds that we send, once a description tells their payload types

    def connect(self, configuration):
        self.bin.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.agent.emit("add-local-ip-address", "127.0.0.1")
        self.pipe.add(self.bin)
        self.bin.connect("on-ice-candidate", lambda _, index, candidate: post(
            {"candidate": json.dumps({"candidate": candidate, "sdpMLineIndex": index, "sdpMid": None})}))
        self.bin.connect("pad-added", self.incoming)
        self.pipe.set_state(Gst.State.PLAYING)

    def send(self, kinds, files):
        self.waiting = list(kinds)

    def add_sources(self, payload_types):
        for kind in self.waiting:
            source = Gst.parse_bin_from_description(SOURCES[kind].format(payload_types[kind]), True)
            self.pipe.add(source)
            source.link(self.bin)
            source.sync_state_with_parent()
        self.waiting = []
        until("caps of all sources", lambda: all(pad.get_current_caps() for pad in self.bin.sinkpads))      # without, their sections are left out

    def incoming(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        decode = Gst.ElementFactory.make("decodebin", None)
        decode.connect("pad-added", self.decoded_pad)
        self.pipe.add(decode)
        decode.sync_state_with_parent()
        pad.link(decode.get_static_pad("sink"))

    def decoded_pad(self, _, pad):
        kind = pad.get_current_caps().get_structure(0).get_name().split("/")[0]
        sink = Gst.ElementFactory.make("fakesink", None)
        sink.set_property("signal-handoffs", True)
        sink.set_property("sync", False)
        sink.connect("handoff", lambda *_: self.count(kind))
        self.pipe.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def count(self, kind):
        self.frames[kind] += 1

    def setLocal(self):
        is_answer = self.bin.get_property("signaling-state") == GstWebRTC.WebRTCSignalingState.HAVE_REMOTE_OFFER
        if not is_answer:
            self.add_sources(PAYLOAD_TYPES)
        name = "answer" if is_answer else "offer"
        promise = self.ask("create-" + name, None)
        reply = promise.get_reply()                      # the description lies in the reply, the reply in the promise: each is held
        description = reply.get_value(name)
        text = description.sdp.as_text()
        self.ask("set-local-description", description)
        return {"type": name, "sdp": text}

    # The payload type of a source that answers is the offer's.
    def setRemote(self, description):
        text = description["sdp"]
        if description["type"] == "offer":
            self.add_sources({kind: re.search(rf"a=rtpmap:(\d+) {codec}/", text, re.IGNORECASE).group(1)
                              for kind, codec in CODECS.items() if kind in self.waiting})
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        kind = GstWebRTC.WebRTCSDPType.OFFER if description["type"] == "offer" else GstWebRTC.WebRTCSDPType.ANSWER
        self.ask("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(kind, sdp))

    def ask(self, signal, argument):
        promise = Gst.Promise.new()
        self.bin.emit(signal, argument, promise)
        promise.wait()
        return promise

    def addCandidate(self, candidate):
        if candidate and candidate.get("candidate"):
            self.bin.emit("add-ice-candidate", candidate.get("sdpMLineIndex") or 0, candidate["candidate"])

    def connected(self):
        until("connected", lambda: self.bin.get_property("connection-state") == GstWebRTC.WebRTCPeerConnectionState.CONNECTED)

    def decoded(self, kind, number):
        until(f"{number} frames of {kind}", lambda: self.frames[kind] >= number)
        return self.frames[kind]

    def closePeer(self):
        self.pipe.set_state(Gst.State.NULL)


# Each call in a thread of its own, so that one that waits holds up none; webrtcbin works on a thread of its own besides.
def answer(peer, request):
    try:
        post({"id": request["id"], "result": getattr(peer, request["call"])(*request["arguments"])})
    except Exception as error:
        post({"id": request["id"], "error": f"{type(error).__name__}: {error}"})


the_peer = Peer()
post({"ready": True})
for line in sys.stdin:
    threading.Thread(target=answer, args=(the_peer, json.loads(line)), daemon=True).start()
