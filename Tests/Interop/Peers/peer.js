"use strict";
// A peer with the W3C API, be it a browser's page or a program under Node.js. The test drives it by invoke(name, arguments);
// whoever loads this gives signalCandidate(json), which takes the candidates that are found.

const invoke = async (name, args) => JSON.stringify(await (0, eval)(name)(...args) ?? null);
const evaluate = expression => (0, eval)(expression);

let pc;
const channels = new Map();                       // label -> RTCDataChannel
const log = [];                                   // what happened, for a test that fails

function connect(configuration) {
  pc = new RTCPeerConnection(configuration);
  pc.onicecandidate = e => signalCandidate(JSON.stringify(e.candidate));
  pc.onconnectionstatechange = () => log.push("connection " + pc.connectionState);
  pc.oniceconnectionstatechange = () => log.push("ice " + pc.iceConnectionState);
  pc.ondatachannel = e => adopt(e.channel, true);
  pc.ontrack = e => play(e.track);
}

async function setLocal() {
  await pc.setLocalDescription();
  return { type: pc.localDescription.type, sdp: pc.localDescription.sdp };
}

const setRemote = description => pc.setRemoteDescription(description);
const outcome = action => action().then(() => "taken", error => error.name);
const addCandidate = candidate => pc.addIceCandidate(candidate);

async function until(what, condition) {
  for (const end = performance.now() + 15000; performance.now() < end; ) {
    const value = await condition();
    if (value) return value;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  throw new Error("not in 15 s: " + what + "; " + log.join(", "));
}

const connected = () => until("connected", () => pc.connectionState === "connected");

// Data channels. Those that the other side opens echo what they get; on our own a test sends and awaits.
function adopt(channel, echoes) {
  channel.binaryType = "arraybuffer";
  channel.inbox = [];
  channel.onclose = () => log.push("closed " + channel.label);
  channel.onmessage = e => echoes ? channel.send(e.data) : channel.inbox.push(e.data);
  channels.set(channel.label, channel);
  return channel;
}

const open = (label, init) => void adopt(pc.createDataChannel(label, init), init?.negotiated ?? false);
const closeChannel = label => channels.get(label).close();
const bufferedAmount = label => channels.get(label).bufferedAmount;
const closePeer = () => pc.close();
const restartIce = () => pc.restartIce();
const readyState = (label, state) => until(label + " " + state, () => channels.get(label)?.readyState === state);
const describe = label => {
  const { ordered, maxPacketLifeTime, maxRetransmits, protocol, negotiated, id } = channels.get(label);
  return { ordered, maxPacketLifeTime, maxRetransmits, protocol, negotiated, id };
};

const pattern = size => Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8));

async function roundTrip(label, message) {
  const channel = channels.get(label), sent = typeof message === "number" ? pattern(message) : message;
  channel.send(sent);
  const returned = await until("echo of " + message, () => channel.inbox.length > 0 && [channel.inbox.shift()]).then(values => values[0]);
  if (typeof message === "string") return returned === message;
  const bytes = new Uint8Array(returned);
  return bytes.length === sent.length && bytes.every((byte, i) => byte === sent[i]);
}

// Media. Nothing is muted: Chromium does not measure the audio of an element that is.
function play(track) {
  const element = document.createElement(track.kind);
  element.autoplay = element.playsInline = true;
  element.srcObject = new MediaStream([track]);
  document.body.append(element);
}

const send = (...kinds) => sendFrom({ audio: true, video: true }, kinds);

// A small picture, slowly: a pause counts as a freeze at three times the frames' distance, which a busy processor then does not reach.
const calmVideo = { width: 320, height: 240, frameRate: 8 };
const sendCalmly = (...kinds) => sendFrom({ audio: true, video: calmVideo }, kinds);

async function sendFrom(sources, kinds) {
  const stream = await navigator.mediaDevices.getUserMedia(Object.fromEntries(kinds.map(kind => [kind, sources[kind]])));
  for (const track of stream.getTracks()) {
    const waiting = pc.getTransceivers().find(each => each.receiver.track.kind === track.kind && !each.sender.track && each.currentDirection === null);
    if (waiting) {
      waiting.direction = "sendrecv";
      await waiting.sender.replaceTrack(track);
    } else {
      pc.addTrack(track, stream);
    }
  }
}

// One small source of a kind, in transceivers of its own.
async function sendEach(kind, count) {
  const stream = await navigator.mediaDevices.getUserMedia({ [kind]: kind === "video" ? calmVideo : true });
  for (let i = 0; i < count; i++) pc.addTransceiver(stream.getTracks()[0].clone(), { streams: [stream] });
}

// The MIME types that can be sent, without what repairs or accompanies another.
const encodes = kind => [...new Set(RTCRtpSender.getCapabilities(kind).codecs.map(each => each.mimeType))]
  .filter(each => !/\/(rtx|red|ulpfec|flexfec.*|CN|telephone-event)$/i.test(each));

// Statistics: the first dictionary of a type whose members are those of match.
async function stat(type, match) {
  const all = [...(await pc.getStats()).values()].filter(each => each.type === type);
  return all.find(each => Object.entries(match ?? {}).every(([name, value]) => each[name] === value)) ?? {};
}

const grows = (type, match, member, beyond) =>
  until(`${type} ${JSON.stringify(match)} ${member} > ${beyond}`, async () => { const value = (await stat(type, match))[member]; return value > beyond && value; });

// By the transport, or where a browser does not tell it so, by the pair's own mark.
async function selectedPair() {
  return until("a selected pair", async () => {
    const report = await pc.getStats();
    const transport = [...report.values()].find(each => each.type === "transport");
    return report.get(transport?.selectedCandidatePairId) ?? [...report.values()].find(each => each.type === "candidate-pair" && each.selected);
  });
}

// Simulcast: from small to large, so little bitrate for each that all are sent at once.
async function sendSimulcast(...rids) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720, frameRate: 10 } });
  pc.addTransceiver(stream.getVideoTracks()[0], {
    streams: [stream],
    sendEncodings: rids.map((rid, i) => ({ rid, scaleResolutionDownBy: 2 ** (rids.length - 1 - i), maxBitrate: 60000 * 2 ** i })),
  });
}

async function activate(rid, active) {
  const sender = pc.getSenders()[0], parameters = sender.getParameters();
  parameters.encodings.find(each => each.rid === rid).active = active;
  await sender.setParameters(parameters);
}

const insertDtmf = tones => pc.getSenders().find(each => each.track?.kind === "audio").dtmf.insertDTMF(tones, 100, 70);
