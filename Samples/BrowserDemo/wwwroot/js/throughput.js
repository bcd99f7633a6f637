import { Chart } from "./chart.js";

const duration = 3000, pause = 300, highWater = 1 << 20, lowWater = 256 << 10;

/** Measures a data channel's throughput, first to the peer, then from it. ThroughputMeter.cs is the other half. */
export class Throughput {
  #form = document.getElementById("rate-form");
  #status = document.getElementById("rate-status");
  #chart = new Chart(document.getElementById("chart"), (2 * duration + pause) / 1000 + 0.2);
  #button = this.#form.querySelector("button");
  #channel;

  constructor() {
    this.#form.addEventListener("submit", async event => {
      event.preventDefault();
      if (this.#button.disabled) return;
      this.#button.disabled = true;
      try {
        await this.#measure(Number(document.getElementById("rate-size").value));
      } catch (error) {
        this.#status.textContent = error.message;
      }
      this.#button.disabled = this.#channel?.readyState !== "open";
    });
  }

  use(channel) {
    this.#channel = channel;
    this.#button.disabled = !channel;
    channel?.addEventListener("close", () => { if (this.#channel === channel) this.use(null); });
  }

  redraw() { this.#chart.draw(); }

  async #measure(size) {
    this.#chart.clear();
    this.#status.textContent = "Measuring…";
    for (const id of ["rate-up", "rate-down"]) document.getElementById(id).textContent = "–";
    const up = await this.#run("up", 0, size, (report, end) => this.#upload(size, report, end));
    await new Promise(resolve => setTimeout(resolve, pause));
    const down = await this.#run("down", (duration + pause) / 1000, size, (report, end) => this.#download(size, report, end));
    this.#status.textContent = `${up + down} messages of ${size / 1024} KiB, reliable and in order.`;
  }

  // Runs one direction: `start` reports the bytes that have arrived, and ends with their number.
  #run(name, offset, size, start) {
    const channel = this.#channel;
    const stop = new AbortController();
    const begin = performance.now();
    let [last, lastBytes] = [begin, 0];
    this.#chart.add(name, offset, 0);
    return new Promise((resolve, reject) => {
      channel.addEventListener("close", () => reject(new Error("The channel was closed.")), { signal: stop.signal });
      const report = bytes => {
        const now = performance.now();
        if (now - last < 90) return;
        this.#chart.add(name, offset + (now - begin) / 1000, rate(bytes - lastBytes, now - last));
        [last, lastBytes] = [now, bytes];
      };
      const end = bytes => {
        document.getElementById(`rate-${name}`).textContent = `${rate(bytes, performance.now() - begin).toFixed(0)} Mbit/s`;
        resolve(Math.round(bytes / size));
      };
      const listen = (kind, listener) => channel.addEventListener(kind, listener, { signal: stop.signal });
      start.call(this, report, end)(listen);
    }).finally(() => stop.abort());
  }

  #upload(size, report, end) {
    return listen => {
      const channel = this.#channel, message = new Uint8Array(size), until = performance.now() + duration;
      let [sent, isDone] = [0, false];
      const send = () => {
        while (!isDone && channel.readyState === "open" && channel.bufferedAmount < highWater) {
          if (performance.now() >= until) {
            isDone = true;
            channel.send("end");
            return;
          }
          channel.send(message);
          sent += size;
        }
      };
      channel.bufferedAmountLowThreshold = lowWater;
      listen("bufferedamountlow", send);
      listen("message", ({ data }) => {
        const bytes = Number(data.split(" ")[1]);
        report(bytes);
        if (isDone && bytes === sent) end(bytes);
      });
      send();
    };
  }

  #download(size, report, end) {
    return listen => {
      let bytes = 0;
      listen("message", ({ data }) => {
        if (typeof data === "string") return end(bytes);
        bytes += data.byteLength;
        report(bytes);
      });
      this.#channel.send(`send ${size} ${duration}`);
    };
  }
}

// Megabits per second.
const rate = (bytes, milliseconds) => bytes * 8 / 1000 / milliseconds;
