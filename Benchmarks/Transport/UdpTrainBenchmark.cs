using BenchmarkDotNet.Attributes;
using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Benchmarks.Transport;

/// <summary>A train of 50 datagrams of 1200 bytes over loopback and its answer's way in: batched, segmented by the kernel, and portable.</summary>
[MemoryDiagnoser]
public class UdpTrainBenchmark : IUdpReceiver
{
    private const int Datagrams = 50, Size = 1200;
    private UdpSocketGroup _group = null!;
    private UdpGroupSocket _from = null!, _to = null!;
    private int _received;

    [Params("kernel", "batch", "portable")]
    public string Kind { get; set; } = "kernel";

    [GlobalSetup]
    public void Open()
    {
        bool offload = Kind == "kernel";
        _group = UdpSocketGroup.Create(new UdpSocketGroupOptions { IsPortable = Kind == "portable", Segment = offload, Coalesce = offload, SocketBufferSize = 4 << 20 });
        TransportAddress loopback = TransportAddress.FromIPv4(0x7F000001, 0);
        if (!_group.TryOpen(loopback, PortRange.Any, false, out _from!, out string? error) || !_group.TryOpen(loopback, PortRange.Any, false, out _to!, out error))
            throw new InvalidOperationException(error);
    }

    [GlobalCleanup]
    public void Close() => _group.Dispose();

    [Benchmark(OperationsPerInvoke = Datagrams)]
    public int SendAndReceive()
    {
        _received = 0;
        for (int i = 0; i < Datagrams; i++)
        {
            _group.GetSendBuffer()[..Size].Fill(1);
            _group.SendBuffered(_from, Size, _to.Local);
        }
        _group.Flush();
        while (_received < Datagrams) _group.Poll(this, TimeSpan.FromSeconds(1));
        return _received;
    }

    void IUdpReceiver.Received(UdpGroupSocket socket, Span<byte> buffer, int offset, int length, TransportAddress remote) => _received++;
}
