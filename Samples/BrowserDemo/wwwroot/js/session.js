import { Signaling } from "./signaling.js";

/** A connection to the C# peer, from either side's offer. Tells what happens through events of its own. */
export class Session extends EventTarget {
  peer = new RTCPeerConnection();
  channels = {};
  #signaling;
  #browserOffers;
  #early = [];

  async open(stream, browserOffers) {
    this.#browserOffers = browserOffers;
    this.#signaling = await Signaling.open({
      description: description => this.#take(description).catch(error => this.#tell("error", error)),
      candidate: candidate => this.#add(candidate).catch(error => this.#tell("error", error)),
      stats: report => this.#tell("peerstats", report),
    });
    this.#tell("step", "Signalling ready");
    this.#watch();
    for (const track of stream.getTracks()) this.peer.addTrack(track, stream);
    if (browserOffers) {
      this.#adopt(this.peer.createDataChannel("chat"));
      this.#adopt(this.peer.createDataChannel("throughput"));
    }
    await this.#offer(false);
  }

  restart() { return this.#offer(true); }

  close() {
    this.#signaling?.close();
    this.peer.close();
  }

  async #offer(iceRestart) {
    if (!this.#browserOffers) return this.#signaling.offer(iceRestart);
    await this.peer.setLocalDescription(await this.peer.createOffer({ iceRestart }));
    await this.#signaling.description(this.peer.localDescription);
  }

  async #take(description) {
    await this.peer.setRemoteDescription(description);
    for (const candidate of this.#early.splice(0)) await this.#add(candidate);
    if (description.type !== "offer") return;
    await this.peer.setLocalDescription();
    this.#watchTransport(this.peer.sctp?.transport);
    await this.#signaling.description(this.peer.localDescription);
  }

  // A candidate may overtake the description that its user fragment is in.
  async #add(candidate) {
    const known = this.peer.remoteDescription?.sdp.includes(`a=ice-ufrag:${candidate?.usernameFragment ?? ""}`);
    if (known) await this.peer.addIceCandidate(candidate ?? undefined);
    else this.#early.push(candidate);
  }

  #watch() {
    const { peer } = this;
    peer.onicecandidate = ({ candidate }) => {
      this.#signaling.candidate(candidate).catch(error => this.#tell("error", error));
    };
    peer.onsignalingstatechange = () => this.#tell("step", {
      "have-local-offer": "Offer made", "have-remote-offer": "Offer received", stable: "Answer applied",
    }[peer.signalingState]);
    peer.onicegatheringstatechange = () => this.#tell("step", { gathering: "Gathering candidates", complete: "Candidates gathered" }[peer.iceGatheringState]);
    peer.oniceconnectionstatechange = () => this.#tell("step", { checking: "ICE checking", connected: "ICE connected" }[peer.iceConnectionState]);
    peer.onconnectionstatechange = () => {
      this.#tell("state", peer.connectionState);
      if (peer.connectionState === "connected") this.#tell("step", "Connected");
    };
    peer.ondatachannel = ({ channel }) => this.#adopt(channel);
    peer.ontrack = ({ track, transceiver }) => {
      this.#tell("track", track);
      this.#watchTransport(transceiver.receiver.transport);
    };
  }

  #watchTransport(dtls) {
    if (!dtls || dtls.onstatechange) return;
    dtls.onstatechange = () => this.#tell("step", { connecting: "DTLS handshake", connected: "DTLS connected" }[dtls.state]);
    dtls.iceTransport.onselectedcandidatepairchange = () => this.#tell("step", "Path chosen");
  }

  #adopt(channel) {
    this.channels[channel.label] = channel;
    channel.binaryType = "arraybuffer";
    channel.addEventListener("open", () => {
      this.#watchTransport(this.peer.sctp?.transport);
      this.#tell("step", `Channel “${channel.label}” open`);
      this.#tell("channel", channel);
    });
  }

  #tell(kind, detail) {
    if (detail) this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
