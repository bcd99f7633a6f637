using System.Globalization;
using BenchmarkDotNet.Running;
using WebRtcStack.Benchmarks;
using WebRtcStack.Benchmarks.Dtls;
using WebRtcStack.Benchmarks.EndToEnd;
using WebRtcStack.Benchmarks.Rtp;
using WebRtcStack.Benchmarks.Sctp;
using WebRtcStack.Benchmarks.Sctp.Goodput;
using WebRtcStack.Benchmarks.Sdp;
using WebRtcStack.Benchmarks.Srtp;
using WebRtcStack.Benchmarks.Turn;

if (args is ["ci"]) return AllocationCheck.Run();
if (args is ["goodput", ..]) GoodputTable.Run(args.Length > 1 ? args[1] : null);
else if (args is ["turn-relay", ..]) await RelayComparison.RunAsync(Number(1, 2), args.Length > 2 ? args[2] : null, args.Length > 3 ? Number(3, 0) : null);
else if (args is ["turn-allocations", ..]) await AllocationScale.RunAsync(Number(1, 10_000), Number(2, 1));
else if (args is ["negotiation"]) await NegotiationFigures.RunAsync();
else if (args is ["dtls"]) DtlsFigures.Run();
else if (args is ["srtp"]) SrtpFigures.Run();
else if (args is ["rtp-session"]) RtpSessionFigures.Run();
else if (args is ["rtp-wire"]) RtpWireFigures.Run();
else if (args is ["fairness", ..]) FairnessTable.Run(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : null);
else if (args is ["sctp"]) SctpFigures.Run();
else if (EndToEndProgram.TryRun(args) is { } mode) await mode;
else BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;

int Number(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;
