namespace WebRtcStack.Transport;

/// <summary>Where connections get their loop from: sockets of this machine, or a simulated network.</summary>
public interface ITransport
{
    /// <summary>The loop for a new connection.</summary>
    EventLoop NextLoop();
}
