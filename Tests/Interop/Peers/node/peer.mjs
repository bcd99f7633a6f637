// A peer with the W3C API under Node.js: peer.mjs <peer.js> wrtc|node-datachannel. Requests and answers are lines of JSON.
import fs from "node:fs";
import readline from "node:readline";
import vm from "node:vm";

const [script, stack] = process.argv.slice(2);
const post = message => process.stdout.write(JSON.stringify(message) + "\n");
if (stack === "wrtc") {
  const { RTCPeerConnection } = (await import("@roamhq/wrtc")).default;
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {             // it does not make descriptions by itself
    async setLocalDescription(description) {
      return super.setLocalDescription(description ?? (this.signalingState === "have-remote-offer" ? await this.createAnswer() : await this.createOffer()));
    }
  };
} else {
  const { RTCPeerConnection } = await import("node-datachannel/polyfill");
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) { super({ ...configuration, bindAddress: "127.0.0.1" }); }
  };
}
globalThis.signalCandidate = candidate => post({ candidate });
vm.runInThisContext(fs.readFileSync(script, "utf8"));
const invoke = vm.runInThisContext("invoke");
readline.createInterface({ input: process.stdin }).on("line", async line => {
  const { id, call, arguments: args } = JSON.parse(line);
  try { post({ id, result: JSON.parse(await invoke(call, args)) }); }
  catch (error) { post({ id, error: String(error) }); }
}).on("close", () => process.exit(0));
post({ ready: true });
