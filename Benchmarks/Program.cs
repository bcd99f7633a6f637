using BenchmarkDotNet.Running;
using WebRtcStack.Benchmarks.Sctp.Goodput;

if (args is ["goodput", ..]) GoodputTable.Run(args.Length > 1 ? args[1] : null);
else BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
