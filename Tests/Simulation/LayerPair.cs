using WebRtcStack.Core;
using WebRtcStack.Tests.Contract;

namespace WebRtcStack.Tests.Simulation;

/// <summary>Two layers of a kind, joined by a simulated path each way, in virtual time.</summary>
public sealed class LayerPair
{
    private readonly byte[] _buffer;
    private Instant _wake = Instant.Never;

    public LayerPair(VirtualTime time, ILayer left, ILayer right, PathOptions path, int datagramSize = 1200)
    {
        (Time, Left, Right) = (time, left, right);
        LeftToRight = new SimulatedPath(time, "left>right", path);
        RightToLeft = new SimulatedPath(time, "right>left", path);
        _buffer = new byte[datagramSize];
        time.Schedule(TimeSpan.Zero, Pump);
    }

    public VirtualTime Time { get; }

    public ILayer Left { get; }

    public ILayer Right { get; }

    public SimulatedPath LeftToRight { get; }

    public SimulatedPath RightToLeft { get; }

    /// <summary>Sends all that both sides owe. Call it after a call into a layer that is not the simulation's own.</summary>
    public void Pump()
    {
        Drain(Left, LeftToRight, Right);
        Drain(Right, RightToLeft, Left);
        Instant next = Instant.Min(Left.NextTimeout, Right.NextTimeout);
        if (next.IsNever || (next >= _wake && _wake > Time.Now)) return;
        _wake = next;
        Time.Schedule(next, Wake);
    }

    /// <summary>Runs until <paramref name="done"/> holds; false when the limit passes first or nothing is left to happen.</summary>
    public bool RunUntil(Func<bool> done, TimeSpan limit)
    {
        Pump();
        return Time.RunUntil(done, limit);
    }

    private void Wake()
    {
        _wake = Instant.Never;
        Left.AdvanceTo(Time.Now);
        Right.AdvanceTo(Time.Now);
        Pump();
    }

    private void Drain(ILayer from, SimulatedPath path, ILayer to)
    {
        from.DrainEvents();
        while (from.Transmit(_buffer, Time.Now) is > 0 and int length)
        {
            path.Send(_buffer.AsSpan(0, length), datagram =>
            {
                to.Receive(datagram, Time.Now);
                Pump();
            });
        }
        from.DrainEvents();
    }
}
