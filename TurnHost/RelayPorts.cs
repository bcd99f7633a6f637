using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.TurnHost;

/// <summary>
/// The ports of one relay address and protocol that none of the host's workers has taken, drawn at random (RFC 6056 §3.3.1). However full
/// the range is, a draw costs the same: the system is not asked about ports that are known to be taken.
/// </summary>
/// <remarks>Safe from any thread. Six bytes for each port of the range. Where the system is to choose, it is let.</remarks>
internal sealed class RelayPorts
{
    private const int Tries = 64;

    private readonly object _gate = new();
    private readonly ushort _first;
    private readonly ushort[] _free;                              // the first _count of them
    private readonly int[] _places;                               // of each port in _free; -1 while it is taken
    private int _count;

    public RelayPorts(PortRange range)
    {
        _first = range.First;
        if (_first == 0)
        {
            (_free, _places) = ([], []);
            return;
        }
        _count = range.Last - range.First + 1;
        (_free, _places) = (new ushort[_count], new int[_count]);
        for (int i = 0; i < _count; i++) (_free[i], _places[i]) = ((ushort)(_first + i), i);
    }

    /// <summary>Takes a port that a socket can be opened on. What other programs have shows when the socket is opened: some are tried.</summary>
    public bool TryTake(Func<ushort, bool> tryOpen) => TryTake(even: false, tryOpen);

    /// <summary>Takes an even port.</summary>
    public bool TryTakeEven(Func<ushort, bool> tryOpen) => TryTake(even: true, tryOpen);

    /// <summary>Takes one port of the range, if it is free.</summary>
    public bool TryTake(ushort port, Func<ushort, bool> tryOpen)
    {
        lock (_gate)
        {
            if (port < _first || port - _first >= _places.Length || _places[port - _first] < 0) return false;
            Remove(port);
        }
        if (tryOpen(port)) return true;
        Return(port);
        return false;
    }

    public void Return(ushort port)
    {
        if (_first == 0) return;
        lock (_gate)
        {
            Debug.Assert(_places[port - _first] < 0, "a port is returned once");
            (_free[_count], _places[port - _first]) = (port, _count);
            _count++;
        }
    }

    private bool TryTake(bool even, Func<ushort, bool> tryOpen)
    {
        if (_first == 0) return !even && tryOpen(0);
        for (int i = 0; i < Tries; i++)
        {
            ushort port;
            lock (_gate)
            {
                if (_count == 0) return false;
                port = _free[RandomSource.Cryptographic.Next(_count)];
                if (even && port % 2 != 0 && !TryFindEven(ref port)) continue;
                Remove(port);
            }
            if (tryOpen(port)) return true;
            Return(port);
        }
        return false;
    }

    // The neighbour below, so that one draw in two is not lost.
    private bool TryFindEven(ref ushort port)
    {
        port--;
        return port >= _first && _places[port - _first] >= 0;
    }

    private void Remove(ushort port)
    {
        int place = _places[port - _first];
        ushort last = _free[--_count];
        (_free[place], _places[last - _first]) = (last, place);
        _places[port - _first] = -1;
    }
}
