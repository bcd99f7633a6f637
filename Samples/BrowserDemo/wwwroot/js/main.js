import { Chat } from "./chat.js";
import { openMedia, stopMedia, watchLevel } from "./media.js";
import { Session } from "./session.js";
import { Statistics } from "./stats.js";
import { Throughput } from "./throughput.js";
import { Timeline } from "./timeline.js";

const $ = id => document.getElementById(id);
const [timeline, chat, throughput, statistics] = [new Timeline(), new Chat(), new Throughput(), new Statistics()];
let session, local, audio, levels = [];

setTheme(localStorage.getItem("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
$("theme").onclick = () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", next);
  setTheme(next);
};
$("connect-offer").onclick = () => connect(true);
$("connect-answer").onclick = () => connect(false);
$("hangup").onclick = () => hangUp("closed");
$("restart").onclick = async () => {
  timeline.begin();
  timeline.add("Restart asked for");
  await session.restart().catch(fail);
};
$("mute").onclick = () => {
  const muted = $("remote-video").muted = !$("remote-video").muted;
  $("mute").setAttribute("aria-pressed", muted);
  $("mute").textContent = muted ? "Unmute echo" : "Mute echo";
};

async function connect(browserOffers) {
  hangUp("connecting");
  enable(false);
  notify("");
  timeline.begin();
  const current = session = new Session();
  try {
    audio = new AudioContext();
    local = await openMedia(document.querySelector("[name=source]:checked").value, notify);
    timeline.add("Media ready");
    $("local-video").srcObject = local;
    levels.push(watchLevel(audio, local, $("local-level")));
    listen(current);
    await current.open(local, browserOffers);
  } catch (error) {
    fail(error);
  }
  enable(true);
}

function listen(current) {
  const on = (kind, handle) => current.addEventListener(kind, ({ detail }) => { if (session === current) handle(detail); });
  const echoed = new MediaStream();
  on("step", label => timeline.add(label));
  on("error", fail);
  on("state", showState);
  on("channel", channel => (channel.label === "chat" ? chat : throughput).use(channel));
  on("peerstats", report => {
    if (current.peer.connectionState === "connected") statistics.show(current.peer, report);
    showSizes();
  });
  on("track", track => {
    echoed.addTrack(track);
    if (track.kind === "audio") return void levels.push(watchLevel(audio, echoed, $("remote-level")));
    $("remote-video").srcObject = echoed;
    $("remote-video").requestVideoFrameCallback?.(() => timeline.add("First echoed video frame"));
  });
}

function hangUp(state) {
  session?.close();
  session = undefined;
  for (const stop of levels.splice(0)) stop();
  stopMedia(local);
  audio?.close();
  local = audio = undefined;
  for (const video of [$("local-video"), $("remote-video")]) video.srcObject = null;
  chat.use(null);
  throughput.use(null);
  statistics.clear();
  showSizes();
  showState(state);
}

function showState(state) {
  $("state").textContent = state;
  $("link").dataset.state = state;
  $("hangup").disabled = !session;
  $("restart").disabled = state !== "connected";
  $("connect-offer").textContent = session ? "Reconnect" : "Connect";
}

function showSizes() {
  for (const side of ["local", "remote"]) {
    const { videoWidth, videoHeight } = $(`${side}-video`);
    $(`${side}-size`).textContent = videoWidth ? `${videoWidth} × ${videoHeight}` : "";
  }
}

function enable(enabled) {
  for (const id of ["connect-offer", "connect-answer"]) $(id).disabled = !enabled;
}

function fail(error) {
  notify(`${error.name}: ${error.message}`);
}

function notify(text) {
  $("notice").textContent = text;
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  throughput.redraw();
}
