/** A live chart of two rates over time, drawn in the page's colours. */
export class Chart {
  #canvas;
  #series = { up: [], down: [] };
  #seconds;

  constructor(canvas, seconds) {
    this.#canvas = canvas;
    this.#seconds = seconds;
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  clear() {
    this.#series = { up: [], down: [] };
    this.draw();
  }

  /** Adds megabits per second at a time in seconds. */
  add(name, time, rate) {
    this.#series[name].push([time, rate]);
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const scale = devicePixelRatio || 1;
    this.#canvas.width = width * scale;
    this.#canvas.height = height * scale;
    const context = this.#canvas.getContext("2d");
    const style = getComputedStyle(this.#canvas);
    const colour = name => style.getPropertyValue(name).trim();
    const [left, right, top, bottom] = [78, 8, 12, 24];
    const most = Math.max(1, ...Object.values(this.#series).flat().map(([, rate]) => rate));
    const step = niceStep(most / 4);
    const ceiling = Math.ceil(most / step) * step;
    const x = time => left + (width - left - right) * time / this.#seconds;
    const y = rate => height - bottom - (height - top - bottom) * rate / ceiling;
    context.scale(scale, scale);
    context.font = `12px ${style.fontFamily}`;
    context.fillStyle = colour("--soft");
    context.strokeStyle = colour("--line");
    context.lineWidth = 1;
    context.textAlign = "right";
    for (let rate = 0; rate <= ceiling; rate += step) {
      line(context, [[left, y(rate)], [width - right, y(rate)]]);
      context.fillText(rate === ceiling ? `${rate} Mb/s` : rate, left - 9, y(rate) + 4);
    }
    context.textAlign = "center";
    for (let second = 0; second <= this.#seconds; second++) context.fillText(`${second} s`, Math.min(x(second), width - right - 8), height - 6);
    for (const [name, variable] of [["up", "--browser"], ["down", "--peer"]]) {
      const points = this.#series[name].map(([time, rate]) => [x(time), y(rate)]);
      if (points.length < 2) continue;
      context.strokeStyle = context.fillStyle = colour(variable);
      context.lineWidth = 2.5;
      context.lineJoin = "round";
      line(context, points);
      context.globalAlpha = 0.1;
      context.lineTo(points.at(-1)[0], y(0));
      context.lineTo(points[0][0], y(0));
      context.fill();
      context.globalAlpha = 1;
    }
  }
}

function line(context, points) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}

// 1, 2 or 5 times a power of ten.
function niceStep(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find(factor => factor * power >= value) * power;
}
