const [width, height] = [640, 360];

/** Camera and microphone; without them, or when asked for, a test pattern with a tone. */
export async function openMedia(wanted, notify) {
  if (wanted === "camera") {
    try {
      return await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: { ideal: 1280 }, height: { ideal: 720 } } });
    } catch (error) {
      notify(`No camera or microphone (${error.message ?? error.name}): a test pattern is sent instead.`);
    }
  }
  return testPattern();
}

function testPattern() {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  const draw = time => {
    const hue = time / 40 % 360;
    const gradient = context.createLinearGradient(0, 0, width, height);
    gradient.addColorStop(0, `hsl(${hue} 70% 45%)`);
    gradient.addColorStop(1, `hsl(${(hue + 80) % 360} 70% 35%)`);
    context.fillStyle = gradient;
    context.fillRect(0, 0, width, height);
    const angle = time / 600;
    context.fillStyle = "#fff";
    context.beginPath();
    context.arc(width / 2 + Math.cos(angle) * 150, height / 2 + Math.sin(angle) * 100, 22, 0, 7);
    context.fill();
    context.font = "600 34px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText(new Date().toISOString().slice(11, 23), width / 2, height / 2 + 12);
  };
  const timer = setInterval(() => draw(performance.now()), 1000 / 30);
  draw(0);
  const stream = canvas.captureStream(30);
  const audio = new AudioContext();
  const tone = new OscillatorNode(audio, { frequency: 330 });
  const swell = new OscillatorNode(audio, { frequency: 0.5 });
  const volume = new GainNode(audio, { gain: 0.2 });
  const swing = new GainNode(audio, { gain: 0.15 });
  const sink = audio.createMediaStreamDestination();
  tone.connect(volume).connect(sink);
  swell.connect(swing).connect(volume.gain);
  tone.start();
  swell.start();
  const [track] = sink.stream.getAudioTracks();
  stream.addTrack(track);
  stream.release = () => {
    clearInterval(timer);
    audio.close();
  };
  return stream;
}

export function stopMedia(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream?.release?.();
}

/** Shows the level of a stream's audio until the function that it returns is called. */
export function watchLevel(context, stream, meter) {
  const source = context.createMediaStreamSource(stream);
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  const samples = new Float32Array(analyser.fftSize);
  source.connect(analyser);
  let frame;
  const measure = () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    meter.value = power === 0 ? 0 : Math.max(0, Math.min(1, 1 + Math.log10(power) / 5));     // -50 dB to 0 dB
    frame = requestAnimationFrame(measure);
  };
  measure();
  return () => {
    cancelAnimationFrame(frame);
    source.disconnect();
    meter.value = 0;
  };
}
