/** Chat over a data channel: the peer sends every message back. */
export class Chat {
  #log = document.getElementById("chat-log");
  #form = document.getElementById("chat-form");
  #input = document.getElementById("chat-input");
  #channel;
  #sent = [];

  constructor() {
    this.#form.addEventListener("submit", event => {
      event.preventDefault();
      const text = this.#input.value.trim();
      if (!text || this.#channel?.readyState !== "open") return;
      this.#show(text, "mine");
      this.#sent.push(performance.now());
      this.#channel.send(text);
      this.#input.value = "";
    });
  }

  use(channel) {
    this.#channel = channel;
    this.#sent = [];
    for (const control of this.#form.elements) control.disabled = !channel;
    if (!channel) return;
    channel.addEventListener("message", ({ data }) => {
      this.#show(data, "theirs", `${(performance.now() - this.#sent.shift()).toFixed(1)} ms`);
    });
    channel.addEventListener("close", () => { if (this.#channel === channel) this.use(null); });
  }

  #show(text, whose, note) {
    this.#log.querySelector(".empty")?.remove();
    const message = Object.assign(document.createElement("p"), { className: whose, textContent: text });
    if (note) message.append(Object.assign(document.createElement("small"), { textContent: note }));
    this.#log.append(message);
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}
