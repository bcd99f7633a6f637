using System.Diagnostics;
using System.Globalization;
using System.IO;
using WebRtcStack.Core;
using WebRtcStack.Transport;
using WebRtcStack.Turn;

namespace WebRtcStack.Benchmarks.Turn;

/// <summary>Many allocations on one server: its memory and processor time to make, keep, use and end them. The server is a program of its own.</summary>
/// <remarks>dotnet run -c Release --project Benchmarks -- turn-allocations [count [workers]]. Linux: clients have many addresses of loopback.</remarks>
internal sealed class AllocationScale : IUdpReceiver, IDisposable
{
    private const int ClientsPerAddress = 40, Outstanding = 256, Burst = 64, Rounds = 20, Length = 170;
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(10);
    private static readonly long s_origin = Stopwatch.GetTimestamp() - Stopwatch.Frequency;

    private readonly UdpSocketGroup _group = UdpSocketGroup.Create(new UdpSocketGroupOptions { SocketBufferSize = 4 << 20 });
    private readonly TransportAddress _server;
    private readonly UdpGroupSocket _peer;
    private readonly List<Client> _clients = [];
    private readonly byte[] _buffer = new byte[2048];
    private long _returned;

    private sealed class Client(UdpGroupSocket socket, TurnAllocation allocation)
    {
        public UdpGroupSocket Socket { get; } = socket;

        public TurnAllocation Allocation { get; } = allocation;

        public bool HasChannel { get; set; }
    }

    private AllocationScale(TransportAddress server)
    {
        _server = server;
        _peer = Open(TransportAddress.FromIPv4(0x7F000001, 0));
    }

    private static Instant Now => new(Stopwatch.GetElapsedTime(s_origin).Ticks);

    public static async Task RunAsync(int count, int workers)
    {
        string sample = await TurnSample.BuildAsync();
        int port = TurnSample.FreePort();
        using Process server = TurnSample.Start(sample, port, "--relay-ports", "32768-65535", "--workers", $"{workers}");
        try
        {
            await Task.Delay(1500);
            Console.WriteLine($"{count} allocations, each with a permission and a channel; {workers} worker(s)");
            Console.WriteLine("                      seconds   cpu s   resident MiB   bytes each");
            (_, long empty) = Read(server);
            using AllocationScale scale = new(TransportAddress.FromIPv4(0x7F000001, (ushort)port));
            Measure("made", server, count, empty, () => scale.Make(count));
            Measure($"idle for {s_idle.TotalSeconds:0} s", server, count, empty, () => Thread.Sleep(s_idle));
            Measure($"{2 * Rounds * count} datagrams", server, count, empty, () => scale.Use(Rounds));
            Measure("ended", server, count, empty, scale.End);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{scale._returned} of {(long)Rounds * count} messages came back"));
        }
        finally
        {
            await TurnSample.EndAsync(server);
        }
    }

    public void Dispose()
    {
        foreach (Client each in _clients) each.Allocation.Dispose();
        _group.Dispose();
    }

    void IUdpReceiver.Received(UdpGroupSocket socket, Span<byte> buffer, int offset, int length, TransportAddress remote)
    {
        if (ReferenceEquals(socket, _peer)) _group.Send(_peer, buffer.Slice(offset, length), remote);
        else if (((Client)socket.Tag!).Allocation.Receive(buffer.Slice(offset, length), Now, out _, out _, out _)) _returned++;
    }

    private static void Measure(string what, Process server, int count, long empty, Action action)
    {
        (TimeSpan cpu, _) = Read(server);
        Stopwatch watch = Stopwatch.StartNew();
        action();
        double seconds = watch.Elapsed.TotalSeconds;
        (TimeSpan after, long memory) = Read(server);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-20}  {seconds,7:0.0}  {(after - cpu).TotalSeconds,6:0.00}  {memory / 1048576.0,13:0}  {(memory - empty) / count,11}"));
    }

    private static (TimeSpan Cpu, long Memory) Read(Process process)
    {
        process.Refresh();
        return (process.TotalProcessorTime, process.WorkingSet64);
    }

    private void Make(int count)
    {
        for (int made = 0; made < count;)
        {
            int first = made;
            for (; made < count && made < first + Outstanding; made++)
            {
                TransportAddress local = TransportAddress.FromIPv4(0x7F000101 + (uint)(made / ClientsPerAddress), 0);
                TurnAllocation allocation = new(new TurnAllocationOptions { Server = _server, Username = "user", Password = "pass" }, RandomSource.Cryptographic);
                UdpGroupSocket socket = Open(local);
                Client client = new(socket, allocation);
                socket.Tag = client;
                _clients.Add(client);
            }
            while (!Drive(first, made)) _group.Poll(this, TimeSpan.FromMilliseconds(5));
        }
    }

    // Everybody has a turn. No more are under way than the system's buffers hold, so that nothing need be lost.
    private void Use(int rounds)
    {
        long sent = 0;
        for (int round = 0; round < rounds; round++)
        {
            foreach (Client each in _clients)
            {
                _group.Send(each.Socket, _buffer.AsSpan(0, each.Allocation.Wrap(_buffer, Length, _peer.Local)), _server);
                if (++sent % Burst == 0) Await(sent - Burst);
            }
        }
        Await(sent);
    }

    private void Await(long returned)
    {
        _group.Flush();
        for (int waits = 0; _returned < returned && waits < 20; waits++) _group.Poll(this, TimeSpan.FromMilliseconds(5));
    }

    private void End()
    {
        foreach (Client each in _clients) each.Allocation.Close();
        for (int first = 0; first < _clients.Count; first += Outstanding)
        {
            int last = Math.Min(first + Outstanding, _clients.Count);
            while (!Drive(first, last)) _group.Poll(this, TimeSpan.FromMilliseconds(5));
        }
    }

    private bool Drive(int first, int last)
    {
        bool isDone = true;
        for (int i = first; i < last; i++)
        {
            Client client = _clients[i];
            client.Allocation.AdvanceTo(Now);
            if (client.Allocation.State == TurnAllocationState.Failed) throw new IOException($"No allocation: {client.Allocation.ErrorCode}.");
            if (client.Allocation.State == TurnAllocationState.Allocated && !client.HasChannel) client.HasChannel = client.Allocation.BindChannel(_peer.Local);
            while (client.Allocation.Transmit(_buffer, Now) is > 0 and int length) _group.Send(client.Socket, _buffer.AsSpan(0, length), _server);
            bool isBound = client.HasChannel && client.Allocation.HeaderLength(_peer.Local) == ChannelData.HeaderLength;
            isDone &= client.Allocation.State == TurnAllocationState.Closed || (client.Allocation.State == TurnAllocationState.Allocated && isBound);
        }
        _group.Flush();
        return isDone;
    }

    private UdpGroupSocket Open(TransportAddress local) => _group.TryOpen(local, PortRange.Any, false, out UdpGroupSocket? socket, out string? error)
        ? socket
        : throw new IOException($"No socket: {error}. Is the limit of open files too low?");
}
