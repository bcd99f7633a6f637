using WebRtcStack.Benchmarks.EndToEnd;

await (EndToEndProgram.TryRun(args) ?? throw new ArgumentException("Name a mode; see docs/performance.md."));
