#if NET
using System.Runtime.InteropServices;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>Datagrams that a socket's send buffer had no room for, in their order; <see cref="LinuxSender"/> sends them when it has.</summary>
internal sealed unsafe class KeptDatagrams : IDisposable
{
    private const int FirstCapacity = 16 << 10;
    private readonly List<(int Length, TransportAddress Remote)> _datagrams = [];
    private byte* _memory;
    private int _capacity, _used;

    public int Count => _datagrams.Count;

    /// <summary>Copies a datagram behind the others.</summary>
    /// <returns>False when that would be more than <paramref name="limit"/> bytes.</returns>
    public bool TryAdd(ReadOnlySpan<byte> datagram, in TransportAddress remote, int limit)
    {
        if (datagram.Length > limit - _used) return false;
        if (datagram.Length > _capacity - _used)
        {
            _capacity = Math.Max(Math.Max(2 * _capacity, FirstCapacity), _used + datagram.Length);
            _memory = (byte*)NativeMemory.Realloc(_memory, (nuint)_capacity);
        }
        datagram.CopyTo(new Span<byte>(_memory + _used, datagram.Length));
        _used += datagram.Length;
        _datagrams.Add((datagram.Length, remote));
        return true;
    }

    /// <summary>Hands all to a sender, which must have sent them or kept them anew before they are disposed of.</summary>
    public void GiveTo(LinuxSender sender, LinuxSocket socket)
    {
        byte* at = _memory;
        foreach ((int length, TransportAddress remote) in _datagrams)
        {
            sender.Add(socket, at, length, remote);
            at += length;
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
        _capacity = _used = 0;
        _datagrams.Clear();
    }
}
#endif
