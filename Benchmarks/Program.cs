using BenchmarkDotNet.Running;
using WebRtcStack.Benchmarks.Dtls;
using WebRtcStack.Benchmarks.Sctp.Goodput;

if (args is ["goodput", ..]) GoodputTable.Run(args.Length > 1 ? args[1] : null);
else if (args is ["dtls"]) DtlsFigures.Run();
else BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
