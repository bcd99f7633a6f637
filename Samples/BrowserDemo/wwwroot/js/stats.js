const number = value => value === undefined ? "–" : value.toLocaleString("en");
const milliseconds = value => value === undefined ? "–" : `${(value * 1000).toFixed(2)} ms`;
const bytes = value => value === undefined ? "–" : value < 1e5 ? `${number(value)} B` : `${(value / 1e6).toFixed(2)} MB`;

// What is compared: a name, where to find it, and how to write it.
const rows = [
  ["Round trip of connectivity checks", report => report.pair?.currentRoundTripTime, milliseconds],
  ["Transport, sent", report => report.transport?.bytesSent, bytes],
  ["Transport, received", report => report.transport?.bytesReceived, bytes],
  ["Datagrams, sent", report => report.transport?.packetsSent, number],
  ["Datagrams, received", report => report.transport?.packetsReceived, number],
  ["Audio packets, sent", report => report.rtp("outbound-rtp", "audio")?.packetsSent, number],
  ["Audio packets, received", report => report.rtp("inbound-rtp", "audio")?.packetsReceived, number],
  ["Audio jitter", report => report.rtp("inbound-rtp", "audio")?.jitter, milliseconds],
  ["Video packets, sent", report => report.rtp("outbound-rtp", "video")?.packetsSent, number],
  ["Video packets, received", report => report.rtp("inbound-rtp", "video")?.packetsReceived, number],
  ["Video packets, lost", report => report.rtp("inbound-rtp", "video")?.packetsLost, number],
  ["Video jitter", report => report.rtp("inbound-rtp", "video")?.jitter, milliseconds],
  ["Channel messages, sent", report => report.channels("messagesSent"), number],
  ["Channel messages, received", report => report.channels("messagesReceived"), number],
];

class Report {
  constructor(stats) {
    this.all = new Map(stats.map(each => [each.id, each]));
    this.transport = stats.find(each => each.type === "transport");
    this.pair = this.all.get(this.transport?.selectedCandidatePairId);
  }

  rtp(type, kind) { return [...this.all.values()].find(each => each.type === type && each.kind === kind); }

  channels(member) {
    const channels = [...this.all.values()].filter(each => each.type === "data-channel");
    return channels.length ? channels.reduce((sum, each) => sum + (each[member] ?? 0), 0) : undefined;
  }

  address(id) {
    const candidate = this.all.get(id);
    if (!candidate) return "?";
    const host = candidate.address || "hidden";
    return `${host.includes(":") ? `[${host}]` : host}:${candidate.port}`;
  }
}

/** The browser's figures beside the C# peer's, and what both have negotiated. */
export class Statistics {
  #body = document.getElementById("stats");

  async show(connection, peerStats) {
    const browser = new Report([...(await connection.getStats()).values()]);
    const peer = new Report(Object.values(peerStats));
    this.#body.replaceChildren(...rows.map(([name, read, write]) => {
      const row = document.createElement("tr");
      row.append(cell("th", name), cell("td", write(read(browser))), cell("td", write(read(peer))));
      return row;
    }));
    document.getElementById("report").textContent = JSON.stringify(peerStats, null, 2);
    this.#facts(browser, peer);
  }

  clear() {
    const row = document.createElement("tr");
    row.append(Object.assign(cell("td", "Not connected."), { colSpan: 3, className: "empty" }));
    this.#body.replaceChildren(row);
    for (const fact of ["pair", "dtls", "srtp", "rtt"]) write(fact, "–");
  }

  #facts({ transport, pair }, peer) {
    if (!transport?.tlsVersion && !peer.transport?.tlsVersion) return;
    const negotiated = transport?.tlsVersion ? transport : peer.transport;
    const path = peer.pair;
    if (path) write("pair", `${peer.address(path.remoteCandidateId).replace("hidden", "browser")} ⇄ ${peer.address(path.localCandidateId)}`);
    write("dtls", `${negotiated.tlsVersion === "FEFC" ? "DTLS 1.3" : "DTLS 1.2"} · ${negotiated.dtlsCipher.replace(/^TLS_/, "").replaceAll("_", " ")}`);
    write("srtp", (peer.transport?.srtpCipher ?? negotiated.srtpCipher ?? "–").replace(/^SRTP_/, "").replaceAll("_", " "));
    write("rtt", milliseconds((peer.pair ?? pair)?.currentRoundTripTime));
  }
}

const write = (fact, text) => { document.getElementById(`fact-${fact}`).textContent = text; };

function cell(kind, text) {
  const element = document.createElement(kind);
  if (kind === "th") element.scope = "row";
  element.textContent = text;
  return element;
}
