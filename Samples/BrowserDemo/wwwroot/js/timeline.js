/** The steps of a connection with their times since its start; each step's first time counts. */
export class Timeline {
  #list = document.getElementById("timeline");
  #total = document.getElementById("timeline-total");
  #start = 0;
  #steps = new Map();

  begin() {
    this.#start = performance.now();
    this.#steps.clear();
    this.#list.replaceChildren();
    this.#total.textContent = "";
  }

  add(label) {
    if (this.#steps.has(label)) return;
    const time = performance.now() - this.#start;
    const item = document.createElement("li");
    item.dataset.step = label;
    const bar = Object.assign(document.createElement("span"), { className: "bar" });
    bar.append(document.createElement("i"));
    item.append(label, bar, Object.assign(document.createElement("b"), { textContent: `${time.toFixed(0)} ms` }));
    this.#list.append(item);
    this.#steps.set(label, { time, bar: bar.firstChild });
    this.#total.textContent = `${time.toFixed(0)} ms`;
    for (const step of this.#steps.values()) step.bar.style.width = `${Math.max(2, 100 * step.time / time)}%`;
  }
}
