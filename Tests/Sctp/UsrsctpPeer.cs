using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Interop;

namespace WebRtcStack.Tests.Sctp;

/// <summary>An association of ours with usrsctp, whose packets go over UDP on loopback; the program is Interop/Peers/usrsctp.</summary>
internal sealed class UsrsctpPeer : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly Lazy<Task<string>> s_program = new(() =>
    {
        RealPeer.RequireDirectory("/usr/share/doc/libusrsctp-dev", "libusrsctp-dev");
        return CProgram.BuildAsync("usrsctp", "usrsctp.h", "libusrsctp-dev", "-lusrsctp", "-lpthread");
    });

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Random _losses = new(1);
    private readonly byte[] _buffer = new byte[65536];
    private EndPoint? _remote;
    private string _last = "";                                        // the packet of its that came last

    private UsrsctpPeer(SctpOptions options, string program, bool weBegin, string how)
    {
        Endpoint = new SctpEndpoint(options, RandomSource.Cryptographic);
        _socket.ReceiveBufferSize = _socket.SendBufferSize = 4 << 20;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        if (weBegin) port = FreePort();
        _process = Process.Start(new ProcessStartInfo(program, $"{(weBegin ? "accept" : "connect")} {port} {how}")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        _process.OutputDataReceived += (_, e) => Add(e.Data);
        _process.ErrorDataReceived += (_, e) => Add(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        if (weBegin)
        {
            _remote = new IPEndPoint(IPAddress.Loopback, port);
            Run(() => Saw("listening"));
            Association.Associate(Now());
        }
        Run(() => Endpoint.Saw(SctpEventKind.Established) && Find("up ") is not null);
    }

    public SctpEndpoint Endpoint { get; }

    public SctpAssociation Association => Endpoint.Association;

    /// <summary>The share of our packets that are lost.</summary>
    public double Loss { get; set; }

    /// <summary>Starts usrsctp and sets the association up.</summary>
    /// <param name="options">Ours.</param>
    /// <param name="weBegin">Who sends INIT.</param>
    /// <param name="interleaving">Whether usrsctp knows I-DATA.</param>
    /// <param name="how">How it sends messages back, see the program.</param>
    public static async Task<UsrsctpPeer> ConnectAsync(SctpOptions options, bool weBegin, bool interleaving, string how = "ordered none 0") =>
        new(options, await s_program.Value, weBegin, $"{(interleaving ? 1 : 0)} {how}");

    /// <summary>Moves packets until the condition holds.</summary>
    public void Run(Func<bool> done)
    {
        long end = Stopwatch.GetTimestamp() + (long)(s_patience.TotalSeconds * Stopwatch.Frequency);
        while (!Step(done(), Instant.Never))
        {
            if (done()) continue;
            if (Stopwatch.GetTimestamp() > end) Assert.Fail($"It takes too long; {Association.State}, {Endpoint.Messages.Count} messages, {Association.GetStatistics()}.\n{Output()}");
            if (_process.HasExited) Assert.Fail($"usrsctp has ended; {Association.State}.\n{Output()}");
        }
    }

    /// <summary>Moves packets for a while: for what is expected not to happen, or to have settled.</summary>
    public void RunFor(TimeSpan duration)
    {
        Instant end = Now() + duration;
        while (Now() < end) Step(false, end);
    }

    public void Tell(string line)
    {
        _process.StandardInput.Write(line + "\n");
        _process.StandardInput.Flush();
    }

    public bool Saw(string line)
    {
        lock (_lines) return _lines.Contains(line);
    }

    public string? Find(string start)
    {
        lock (_lines) return _lines.Find(line => line.StartsWith(start, StringComparison.Ordinal));
    }

    public int Count(string start)
    {
        lock (_lines) return _lines.FindAll(line => line.StartsWith(start, StringComparison.Ordinal)).Count;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _socket.Dispose();
        Association.Dispose();
    }

    public static Instant Now() => new((long)(Stopwatch.GetTimestamp() * (double)TimeSpan.TicksPerSecond / Stopwatch.Frequency));

    private bool Step(bool isDone, Instant end)
    {
        Endpoint.DrainEvents();
        while (_remote is not null && Association.Transmit(_buffer, Now()) is > 0 and int length)
        {
            if (_losses.NextDouble() >= Loss) _socket.SendTo(_buffer.AsSpan(0, length), SocketFlags.None, _remote);
        }
        if (isDone) return true;
        TimeSpan wait = Instant.Min(end, Instant.Min(Association.NextTimeout, Now() + TimeSpan.FromMilliseconds(20))) - Now();
        if (_socket.Poll(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, SelectMode.SelectRead))
        {
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            int received = _socket.ReceiveFrom(_buffer, ref from);
            _remote ??= from;
            _last = Convert.ToHexString(_buffer.AsSpan(0, Math.Min(received, 400)));
            Association.Receive(_buffer.AsSpan(0, received), Now());
        }
        Association.AdvanceTo(Now());
        return false;
    }

    private void Add(string? line)
    {
        lock (_lines)
        {
            if (line is not null) _lines.Add(line);
        }
    }

    private string Output()
    {
        lock (_lines) return $"{Endpoint.Events[^1]}\nlast packet: {_last}\n{string.Join("\n", _lines)}";
    }

    private static int FreePort()
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
