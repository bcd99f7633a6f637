namespace WebRtcStack.Tests.Simulation;

/// <summary>Runs what follows an <c>await</c> of a test in virtual time, on the thread that runs the simulation.</summary>
public sealed class VirtualSynchronizationContext(VirtualTime time) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => time.Schedule(TimeSpan.Zero, () => d(state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;
}

/// <summary>The wall clock of a simulation.</summary>
public sealed class VirtualTimeProvider(VirtualTime time) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(time.Now.Ticks);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => time.Now.Ticks;
}
