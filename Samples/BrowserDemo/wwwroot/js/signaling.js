// Signalling over HTTP: one event stream from the peer, posts to it, both in order.
export class Signaling {
  #stream = new EventSource("signaling/events");
  #posts = Promise.resolve();
  #id;

  /** Opens a session; `on` has a function for each kind of message from the peer. */
  static open(on) {
    const signaling = new Signaling();
    const stream = signaling.#stream;
    for (const kind of ["description", "candidate", "state", "stats"]) {
      stream.addEventListener(kind, event => on[kind]?.(JSON.parse(event.data)));
    }
    return new Promise((resolve, reject) => {
      stream.addEventListener("session", event => {
        signaling.#id = JSON.parse(event.data);
        resolve(signaling);
      });
      stream.onerror = () => {
        stream.close();           // a new stream would be a new session: the user connects again
        reject(new Error("The server cannot be reached."));
      };
    });
  }

  description(description) { return this.#post("description", description); }

  candidate(candidate) { return this.#post("candidate", candidate); }

  offer(iceRestart) { return this.#post(`offer?iceRestart=${iceRestart}`); }

  close() { this.#stream.close(); }

  #post(what, body) {
    const post = async () => {
      const response = await fetch(`signaling/${this.#id}/${what}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      if (response.ok) return;
      const { name, message } = await response.json();
      throw new DOMException(message, name);
    };
    const result = this.#posts.then(post);
    this.#posts = result.catch(() => {});
    return result;
  }
}
