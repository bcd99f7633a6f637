using BenchmarkDotNet.Running;

if (args is ["dtls"]) WebRtcStack.Benchmarks.Dtls.DtlsFigures.Run();
else BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
