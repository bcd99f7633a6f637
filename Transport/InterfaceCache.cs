namespace WebRtcStack.Transport;

/// <summary>Remembers the machine's addresses for a moment: asking the system takes milliseconds, and each connection asks.</summary>
internal sealed class InterfaceCache(SocketTransportOptions options)
{
    private readonly object _gate = new();
    private IReadOnlyList<LocalInterfaceAddress>? _known;
    private long _at;

    public IReadOnlyList<LocalInterfaceAddress> Get()
    {
        lock (_gate)
        {
            if (_known is null || options.TimeProvider.GetElapsedTime(_at) >= options.InterfaceCacheDuration)
                (_known, _at) = (InterfaceAddresses.Enumerate(), options.TimeProvider.GetTimestamp());
            return _known;
        }
    }
}
